package cli

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// A mapping is keys and values in the order in which they were put.
type mapping struct{ content []*yaml.Node }

func (m *mapping) put(key string, value *yaml.Node) {
	m.content = append(m.content, textNode(key), value)
}

func (m *mapping) node() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Content: m.content} }

// putRule puts fields in the order of the rule, unless there are none. When it
// is due is said in words beside the cron.
func (m *mapping) putRule(key string, set fields, s client.Schedule) error {
	rule := &mapping{}
	for _, field := range job.RuleFields() {
		value, ok := set[field]
		if !ok {
			continue
		}
		n, err := nodeOf(value)
		if err != nil {
			return err
		}
		if field == "cron" && shown(value) == s.Cron {
			n.LineComment = wordsOf(s.Rule)
		}
		rule.put(field, n)
	}
	if len(rule.content) > 0 {
		m.put(key, rule.node())
	}
	return nil
}

func textNode(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}

// nodeOf returns v, as it is in JSON, as YAML.
func nodeOf(v any) (*yaml.Node, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	unfold(&doc)
	return doc.Content[0], nil
}

// canonical returns the one text of all JSON that means the same for a field
// of a rule.
func canonical(field string, raw json.RawMessage) string {
	if len(raw) == 0 {
		raw = json.RawMessage("null")
	}
	v := reflect.New(ruleTypes()[field])
	if json.Unmarshal(raw, v.Interface()) != nil {
		return string(raw)
	}
	switch t := v.Elem().Interface().(type) {
	case *time.Time:
		if t != nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	case map[string]string:
		if len(t) == 0 {
			return "null"
		}
	case json.RawMessage:
		return sorted(t)
	}
	text, _ := json.Marshal(v.Interface()) // was JSON a moment ago
	return string(text)
}

// sorted writes JSON with its keys in order.
func sorted(raw json.RawMessage) string {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return string(raw)
	}
	text, _ := json.Marshal(v) // was JSON a moment ago
	return string(text)
}
