package cert

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"  //nolint:gosec // old files
	"crypto/md5"  //nolint:gosec // old files
	"crypto/sha1" //nolint:gosec // old files
	"errors"
	"sync/atomic"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// derivations counts the calls of every key-derivation function, so that tests see that refusals come before them.
var derivations atomic.Int64

// work is the password of a file and what is left of its allowance of key derivation.
type work struct {
	password   secret.String
	iterations int
	stop       func() bool // nil, or says that nobody waits for the answer any more
}

// goOn answers the refusal too_slow when nobody waits any more. It is asked before each part and each key derivation;
// one derivation that has begun is done to its end, which the allowance bounds.
func (w *work) goOn() error {
	if w.stop != nil && w.stop() {
		return refuseSlow()
	}
	return nil
}

// Codes of encryption that is refused; those in a PFX have their own.
type pbeCodes struct{ iterations, salt, unsupported, malformed string }

var (
	keyCodes = pbeCodes{"key_too_many_iterations", "key_salt_too_long", "unsupported_encryption", "key_malformed"}
	pfxCodes = pbeCodes{"pfx_too_many_iterations", "pfx_salt_too_long", "pfx_unsupported", "pfx_malformed"}
)

func (c pbeCodes) refuseIterations() *fault.Fault {
	return refuse(c.iterations, "The file asks for more than 5 million key-derivation iterations. Make it again with fewer.")
}

func (c pbeCodes) refuseUnsupported() *fault.Fault {
	return refuse(c.unsupported, "The file is encrypted in a way that is not supported. Convert it, for instance with: openssl pkcs12 -in FILE -nodes, or openssl pkey -in FILE.")
}

func (c pbeCodes) refuseMalformed() *fault.Fault {
	return refuse(c.malformed, "The file is damaged: how it is encrypted cannot be read.")
}

// spend takes n iterations off the allowance.
func (w *work) spend(n int, codes pbeCodes) error {
	if n < 1 {
		return codes.refuseMalformed()
	}
	if n > w.iterations {
		return codes.refuseIterations()
	}
	w.iterations -= n
	return nil
}

// A scheme is a password-based encryption whose parameters were read and found within bounds.
type scheme struct {
	oid    string
	salt   []byte
	rounds int
	kdf    kdf    // of PBES2
	cipher string // of PBES2
	iv     []byte // of PBES2
}

// readScheme reads an AlgorithmIdentifier, checks its bounds and spends its iterations. No key is derived.
func (w *work) readScheme(algorithm cryptobyte.String, codes pbeCodes) (*scheme, error) {
	s := &scheme{oid: oidOf(&algorithm)}
	var params cryptobyte.String
	switch s.oid {
	case oidPBES2:
		if !algorithm.ReadASN1(&params, asn1.SEQUENCE) {
			return nil, codes.refuseMalformed()
		}
		return s, w.readPBES2(s, params, codes)
	case oidPBEMD5DES, oidPBESHA1DES, oidPBE3DES, oidPBE2DES, oidPBERC2128, oidPBERC240:
	default:
		return nil, codes.refuseUnsupported()
	}
	if !algorithm.ReadASN1(&params, asn1.SEQUENCE) || !params.ReadASN1((*cryptobyte.String)(&s.salt), asn1.OCTET_STRING) {
		return nil, codes.refuseMalformed()
	}
	var err error
	if s.rounds, err = w.readRounds(&params, codes); err != nil {
		return nil, err
	}
	return s, checkSalt(s.salt, codes)
}

// readRounds reads an iteration count and spends it.
func (w *work) readRounds(s *cryptobyte.String, codes pbeCodes) (int, error) {
	var n uint64
	if !s.PeekASN1Tag(asn1.INTEGER) {
		return 0, codes.refuseMalformed()
	}
	if !s.ReadASN1Integer(&n) || n > maxIterations {
		return 0, codes.refuseIterations()
	}
	return int(n), w.spend(int(n), codes)
}

func checkSalt(salt []byte, codes pbeCodes) error {
	if len(salt) > maxSalt {
		return refuse(codes.salt, "The file is encrypted with a salt of more than 1 KB.")
	}
	return nil
}

func (w *work) readPBES2(s *scheme, params cryptobyte.String, codes pbeCodes) error {
	var kdf, enc cryptobyte.String
	if !params.ReadASN1(&kdf, asn1.SEQUENCE) || !params.ReadASN1(&enc, asn1.SEQUENCE) {
		return codes.refuseMalformed()
	}
	s.cipher = oidOf(&enc)
	size, block := 0, aes.BlockSize
	switch s.cipher {
	case oidAES128:
		size = 16
	case oidAES192:
		size = 24
	case oidAES256:
		size = 32
	case oid3DES:
		size, block = 24, des.BlockSize
	default:
		return codes.refuseUnsupported()
	}
	if !enc.ReadASN1((*cryptobyte.String)(&s.iv), asn1.OCTET_STRING) || len(s.iv) != block {
		return codes.refuseMalformed()
	}
	var err error
	s.kdf, err = w.readKDF(kdf, codes)
	if err == nil && s.kdf.size != 0 && s.kdf.size != size {
		err = codes.refuseMalformed()
	}
	s.kdf.size = size
	return err
}

// errPadding is what a wrong password looks like.
var errPadding = errors.New("the padding is wrong")

// decrypt derives the key and opens data. password is the text, bmp its PKCS#12 form.
func (s *scheme) decrypt(data []byte, password, bmp []byte) ([]byte, error) {
	mode, err := s.mode(password, bmp)
	if err != nil {
		return nil, err
	}
	n := mode.BlockSize()
	if len(data) == 0 || len(data)%n != 0 {
		return nil, errMalformed
	}
	plain := make([]byte, len(data))
	mode.CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > n {
		clear(plain)
		return nil, errPadding
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			clear(plain)
			return nil, errPadding
		}
	}
	return plain[:len(plain)-pad], nil
}

func (s *scheme) mode(password, bmp []byte) (cipher.BlockMode, error) {
	var key, iv []byte
	switch s.oid {
	case oidPBES2:
		var err error
		if key, err = s.kdf.derive(password); err != nil {
			return nil, err
		}
		iv = s.iv
	case oidPBEMD5DES:
		key = pbkdf1(md5.New, password, s.salt, s.rounds)
		key, iv = key[:8], key[8:16]
	case oidPBESHA1DES:
		key = pbkdf1(sha1.New, password, s.salt, s.rounds)
		key, iv = key[:8], key[8:16]
	default:
		size := map[string]int{oidPBE3DES: 24, oidPBE2DES: 16, oidPBERC2128: 16, oidPBERC240: 5}[s.oid]
		key = pkcs12KDF(sha1.New, bmp, s.salt, s.rounds, purposeKey, size)
		iv = pkcs12KDF(sha1.New, bmp, s.salt, s.rounds, purposeIV, 8)
	}
	defer clear(key)
	block, err := s.block(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewCBCDecrypter(block, iv), nil
}

func (s *scheme) block(key []byte) (cipher.Block, error) {
	switch {
	case s.oid == oidPBERC2128, s.oid == oidPBERC240:
		return newRC2(key), nil
	case s.oid == oidPBEMD5DES, s.oid == oidPBESHA1DES:
		return des.NewCipher(key) //nolint:gosec // old files
	case s.oid == oidPBE2DES:
		return des.NewTripleDESCipher(append(append([]byte(nil), key...), key[:8]...)) //nolint:gosec // old files
	case s.oid == oidPBE3DES, s.cipher == oid3DES:
		return des.NewTripleDESCipher(key) //nolint:gosec // old files
	}
	return aes.NewCipher(key)
}
