package cert

import "github.com/ignisfox/ignisfox/core/fault"

// Bounds on what is read. They hold before the work they bound is begun.
const (
	maxFile         = 256 << 10 // bytes of one file
	maxBlocks       = 50        // PEM blocks in one file
	maxCertificates = 50        // certificates in one file, repeated ones included
	maxCertDER      = 128 << 10 // bytes of one certificate
	maxKeyID        = 64        // bytes of a key identifier
	maxKeyDER       = 32 << 10  // bytes of one key, encrypted or not
	maxDepth        = 32        // ASN.1 elements inside one another
	maxRSABits      = 8192
	maxPassword     = 1024    // bytes of a source password
	maxIterations   = 5000000 // of key derivation, in one file
	maxSalt         = 1 << 10 // bytes
	maxScryptMemory = 64 << 20
	maxBags         = 64 // of a PFX, at all depths
	maxBagDepth     = 4
	maxPFXPassword  = 256 // characters of the password of a PFX we build
)

// refuse makes the fault for a file that is not taken.
func refuse(code, message string) *fault.Fault { return fault.New(fault.Invalid, code, message) }

// refusePassword answers that a password is missing or wrong.
func refusePassword(given bool) *fault.Fault {
	if !given {
		return refuse("password_needed", "The file is encrypted. Give its password.").
			Field("password", "Give the password the file was made with.")
	}
	return refuse("wrong_password", "The password does not open the file.").
		Field("password", "Check the password: it does not open the file.")
}

func refuseSlow() *fault.Fault {
	return refuse("too_slow", "Reading the file takes too long. Make it again with fewer key-derivation iterations.")
}

func refuseDeep() *fault.Fault {
	return refuse("der_too_deep", "The file nests its parts too deeply to be a certificate or a key.")
}

func refuseKeySize() *fault.Fault {
	return refuse("key_too_large", "RSA keys of more than 8192 bits are not supported.")
}
