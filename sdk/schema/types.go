package schema

// known says whether this version has the type.
func (t Type) known() bool {
	switch t {
	case String, Text, Int, Bool, Enum, Host, Port, Path, Mode, Command, URL, Duration, Strings, Object:
		return true
	}
	return false
}

// text says whether values are free text, which a pattern can ask more of.
func (t Type) text() bool {
	switch t {
	case String, Text, Host, Path, Command, URL:
		return true
	}
	return false
}

// clearable says whether an empty value can stand where a default would otherwise be.
func (t Type) clearable() bool { return t == String || t == Text || t == Path || t == Command }

// longest answers how long values can be made by MaxLen, in bytes; 0 for types that have no MaxLen.
func (t Type) longest() int {
	switch t {
	case Text:
		return maxText
	case String, Path, Command, URL, Strings:
		return maxLine
	}
	return 0
}

// limit answers how long a value of the field may be, in bytes.
func (f Field) limit() int {
	switch {
	case f.MaxLen > 0:
		return f.MaxLen
	case f.Type == Text:
		return maxText
	}
	return maxLine
}
