package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// Certificates of the scripts are made by openssl, so that what we take in was not made by our own hand.

func cmdSelfSigned(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "selfsigned", neg)
	name, days, sans := args[0], args[1], args[2:]
	openssl(ts, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name+".key",
		"-out", name+".pem", "-days", days, "-subj", "/CN="+sans[0], "-addext", altNames(sans),
		"-addext", "extendedKeyUsage=serverAuth")
}

func cmdCA(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "ca", neg)
	name := args[0]
	words := []string{"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
		"-out", name + ".pem", "-days", "3650", "-subj", "/CN=" + name, "-addext", "basicConstraints=critical,CA:TRUE",
		"-addext", "keyUsage=critical,keyCertSign,cRLSign"}
	if len(args) > 1 {
		words = append(words, "-CA", args[1]+".pem", "-CAkey", args[1]+".key")
	}
	openssl(ts, words...)
}

func cmdIssue(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "issue", neg)
	ca, name, days, sans := args[0], args[1], args[2], args[3:]
	openssl(ts, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", name+".key", "-out", name+".csr", "-subj", "/CN="+sans[0])
	ext := altNames(sans) + "\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n"
	ts.Check(os.WriteFile(ts.MkAbs(name+".ext"), []byte(ext), 0o600))
	openssl(ts, "x509", "-req", "-in", name+".csr", "-CA", ca+".pem", "-CAkey", ca+".key", "-CAcreateserial", "-days", days,
		"-extfile", name+".ext", "-out", name+".pem")
	ts.Check(os.WriteFile(ts.MkAbs(name+".full"), []byte(ts.ReadFile(name+".pem")+ts.ReadFile(ca+".pem")), 0o600))
}

func cmdSameKey(ts *testscript.TestScript, neg bool, args []string) {
	openssl(ts, "x509", "-in", args[0], "-noout", "-pubkey")
	public := ts.ReadFile("stdout")
	openssl(ts, "pkey", "-in", args[1], "-pubout")
	if (public == ts.ReadFile("stdout")) == neg {
		ts.Fatalf("%s and %s belong together: %v", args[0], args[1], neg)
	}
}

func openssl(ts *testscript.TestScript, args ...string) {
	if err := ts.Exec("openssl", args...); err != nil {
		ts.Fatalf("openssl %s: %v", args[0], err)
	}
}

func altNames(sans []string) string {
	out := make([]string, len(sans))
	for i, s := range sans {
		out[i] = "DNS:" + s
	}
	return "subjectAltName=" + strings.Join(out, ",")
}
