package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// envPrefix begins the names of all environment variables of this program.
const envPrefix = "STATEMANAGER_"

// clientVariables are those of the commands that speak to a daemon; the daemon does not mind them.
var clientVariables = []string{"STATEMANAGER_ADDRESS"}

// setting is a key of the configuration that one variable can set.
type setting struct {
	variable, key string
	value         reflect.Value
}

// settings are all keys of a configuration that are not lists of several values each, in their order.
func settings(c *Config) (out []setting) {
	var walk func(v reflect.Value, path []string)
	walk = func(v reflect.Value, path []string) {
		for i := range v.NumField() {
			f, at := v.Field(i), append(slices.Clone(path), v.Type().Field(i).Tag.Get("yaml"))
			switch {
			case !v.Type().Field(i).IsExported():
			case f.Kind() == reflect.Struct:
				walk(f, at)
			case f.Kind() != reflect.Slice || f.Type().Elem().Kind() == reflect.String:
				out = append(out, setting{envPrefix + strings.ToUpper(strings.Join(at, "_")), strings.Join(at, "."), f})
			}
		}
	}
	walk(reflect.ValueOf(c).Elem(), nil)
	return out
}

// override sets what the environment says over what the file says. A variable with our prefix that nobody knows is an
// error: a typo would otherwise have no effect. Errors do not repeat values.
func (c *Config) override(environ []string) error {
	known := settings(c)
	for _, line := range environ {
		name, text, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(clientVariables, name) {
			continue
		}
		i := slices.IndexFunc(known, func(s setting) bool { return s.variable == name })
		if i < 0 {
			return usagef("environment variable %s: it is unknown; `statemanager run --help` lists those that there are", name)
		}
		if err := known[i].set(text); err != nil {
			return usagef("environment variable %s: %w", name, err)
		}
	}
	return nil
}

func (s *setting) set(text string) error {
	switch p := s.value.Addr().Interface().(type) {
	case *string:
		*p = text
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("it must be true or false")
		}
		*p = b
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("it must be a duration such as 10s")
		}
		*p = d
	case *[]string:
		if *p = nil; text != "" {
			*p = strings.Split(text, ",")
		}
	}
	return nil
}

// variablesText lists the variables for a human.
func variablesText() string {
	var b strings.Builder
	for _, s := range settings(&Config{}) {
		fmt.Fprintf(&b, "  %-38s %s\n", s.variable, s.key)
	}
	return b.String()
}
