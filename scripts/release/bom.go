package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// A bom is a software bill of materials in the form of CycloneDX 1.5.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Serial     string      `json:"serialNumber"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Timestamp  string     `json:"timestamp"`
	Component  component  `json:"component"`
	Properties []property `json:"properties"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

const ours = "github.com/beadle-jobs/beadle"

// writeBOM writes what the programs of a platform are made of, as they say
// themselves.
func writeBOM(to string, a about, platform string) error {
	b := bom{
		Format: "CycloneDX", Spec: "1.5", Version: 1, Components: []component{golang("stdlib", strings.TrimPrefix(a.goVersion, "go"), "")},
		Metadata: metadata{
			Timestamp: a.at.UTC().Format(time.RFC3339), Component: golang(ours, a.version, ""),
			Properties: []property{{"beadle:platform", platform}, {"beadle:revision", a.revision}, {"beadle:programs", strings.Join(programs, " ")}},
		},
	}
	b.Metadata.Component.Type = "application"
	for _, m := range a.modules {
		b.Components = append(b.Components, golang(m.path, m.version, m.sum))
	}
	b.Serial = serial(b)
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(text, '\n'), 0o644)
}

// golang is a component that is a module of Go. sum is that of go.sum.
func golang(path, version, sum string) component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	c := component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
	if sum != "" {
		c.Properties = []property{{"go:sum", sum}}
	}
	return c
}

// serial is a UUID (version 8) that depends on what is listed and on nothing
// else.
func serial(b bom) string {
	text, _ := json.Marshal(b) // strings and lists of them
	u := sha256.Sum256(text)
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
