package browser

func victimWanted() bool { return false }
func victim()            {}
