package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/secret"
)

const (
	configEnv     = envPrefix + "CONFIG"
	configMax     = 64 << 10 // bytes of a configuration file, and of a _FILE
	originFlag    = "flag"
	originEnv     = "environment"
	originFile    = "file"
	originDefault = "default"
)

// sources is where settings are looked for: a flag beats the environment, which beats the file.
type sources struct {
	flags   map[string]string // by environment name
	environ []string          // as os.Environ answers it
	config  string            // path given by --config, empty when not
}

// given is a value with where it came from.
type given struct {
	text   secret.String
	origin string
}

// settled is the configuration with what there is to say about it.
type settled struct {
	config
	origins  map[string]string // setting name -> origin
	shown    map[string]string // setting name -> value, of those that are no secret
	warnings []string
}

// load gathers, checks and completes the settings. Its errors name the setting and never the value.
func load(src sources) (*settled, error) {
	env := map[string]string{}
	for _, kv := range src.environ {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, envPrefix) {
			env[name] = value
		}
	}
	path := src.config
	if path == "" {
		path = env[configEnv]
	}
	delete(env, configEnv)
	file := map[string]string{}
	if path != "" {
		var err error
		if file, err = readConfigFile(path); err != nil {
			return nil, err
		}
	}
	layers := []layer{{src.flags, originFlag}, {env, originEnv}, {file, originFile}}
	out := &settled{origins: map[string]string{}, shown: map[string]string{}}
	values, err := gather(layers)
	if err != nil {
		return nil, err
	}
	kekName := ""
	if v, ok := values["KEK"]; ok {
		kekName, _ = strings.CutPrefix(v.text.Reveal(), "env:")
	}
	if err := refuseUnknown(layers, kekName); err != nil {
		return nil, err
	}
	for _, s := range settings {
		if err := out.apply(s, values); err != nil {
			return nil, err
		}
	}
	return out, out.complete()
}

type layer struct {
	values map[string]string
	origin string
}

// gather answers for every setting the value of the first layer that has it. An empty value counts as not given.
func gather(layers []layer) (map[string]given, error) {
	out := map[string]given{}
	for _, s := range settings {
		for _, l := range layers {
			v, path := l.values[s.env()], ""
			if s.secret {
				path = l.values[s.env()+fileSuffix]
			}
			if v == "" && path == "" {
				continue
			}
			if v != "" && path != "" {
				return nil, fmt.Errorf("%s and %s%s are both set (%s). Keep one", s.env(), s.env(), fileSuffix, l.origin)
			}
			if path != "" {
				var err error
				if v, err = readSecretFile(s.env()+fileSuffix, path); err != nil {
					return nil, err
				}
			}
			out[s.name] = given{secret.NewString(v), l.origin}
			break
		}
	}
	return out, nil
}

// refuseUnknown names the first setting, in order of name, that is none. The variable that holds the KEK may begin as our
// settings do; it is looked for in the environment alone.
func refuseUnknown(layers []layer, kekName string) error {
	for _, l := range layers {
		for _, name := range slices.Sorted(maps.Keys(l.values)) {
			if l.origin == originEnv && name == kekName {
				continue
			}
			if _, _, ok := lookupSetting(name); !ok && l.values[name] != "" {
				return fmt.Errorf("%s is not a setting of this version (%s). See docs/configuration.md for the names",
					name, l.origin)
			}
		}
	}
	return nil
}

func (c *settled) apply(s setting, values map[string]given) error {
	v, ok := values[s.name]
	if s.later {
		if ok {
			c.warnings = append(c.warnings, s.env()+" has no effect in this version")
		}
		return nil
	}
	text := s.def
	c.origins[s.name] = originDefault
	if ok {
		text, c.origins[s.name] = v.text.Reveal(), v.origin
	}
	if text == "" {
		return nil
	}
	if err := s.set(&c.config, text); err != nil {
		return fmt.Errorf("%s (%s) %w", s.env(), c.origins[s.name], err)
	}
	if !s.secret {
		c.shown[s.name] = text
	}
	if s.secret && c.origins[s.name] == originFlag && holdsPassword(text) {
		c.warnings = append(c.warnings, "the flag for "+s.env()+" holds a password, which every user of this machine "+
			"can see in the list of processes; use "+s.env()+fileSuffix)
	}
	return nil
}

// complete fills in the defaults that hang on other settings and holds settings against each other.
func (c *settled) complete() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("IGNISFOX_TLS_CERT and IGNISFOX_TLS_KEY go together: set both or neither")
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return fmt.Errorf("IGNISFOX_DATA_DIR: %w", err)
	}
	c.DataDir = dir
	if strings.HasPrefix(c.BaseURL, "https:") && c.TLSCert == "" && len(c.TrustedProxies) == 0 {
		c.warnings = append(c.warnings, "IGNISFOX_BASE_URL is https and this server speaks plain HTTP: name the proxy in front "+
			"in IGNISFOX_TRUSTED_PROXIES, or all clients count as one")
	}
	if c.overheard() {
		c.warnings = append(c.warnings, "IGNISFOX_BASE_URL is plain http on a name that is not loopback: nobody can sign in to the dashboard "+
			"there, since a password could be read on the way. Set it to the https address that people use")
	}
	if c.DatabaseURL.Empty() {
		c.DatabaseURL = secret.NewString("sqlite:" + filepath.Join(dir, "ignisfox.db"))
	}
	if c.KEK == "" {
		c.KEK = "file:" + filepath.Join(dir, "kek")
	}
	return nil
}

// logSettings lists the settings at debug level: where each came from, and the value unless it is secret.
func (c *settled) logSettings(log *slog.Logger) {
	for _, s := range settings {
		switch {
		case s.later:
		case s.secret:
			log.Debug("setting", "setting", s.env(), "origin", c.origins[s.name], "value", secret.Redacted)
		default:
			log.Debug("setting", "setting", s.env(), "origin", c.origins[s.name], "value", c.shown[s.name])
		}
	}
	for _, w := range c.warnings {
		log.Warn(w)
	}
}

// readSecretFile answers the content of a _FILE setting without the line break at its end.
func readSecretFile(name, path string) (string, error) {
	b, err := readBounded(path)
	if err != nil {
		return "", fmt.Errorf("%s names a file that cannot be used: %w", name, err)
	}
	s := strings.TrimRight(string(b), "\r\n")
	clear(b)
	if s == "" {
		return "", fmt.Errorf("%s names an empty file", name)
	}
	return s, nil
}

// readBounded reads a file of at most configMax bytes. Its errors say why, never what or where.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = f.Close() }()
	return readAtMost(f, configMax)
}
