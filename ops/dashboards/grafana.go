package main

import (
	"encoding/json"
	"strings"
)

// Where the text behind a panel's alerts is.
const runbooks = "https://github.com/beadle-jobs/beadle/blob/main/docs/runbooks.md"

// Grafana draws on 24 columns.
const columns = 24

// sizes are the width and the height of each shape.
var sizes = map[shape]struct{ w, h int }{
	number: {4, 4}, lines: {8, 8}, areas: {8, 8}, table: {12, 8},
}

// An object of Grafana's JSON.
type object map[string]any

var prometheus = object{"type": "prometheus", "uid": "prometheus"}

// render returns the file that Grafana reads.
func (b board) render() []byte {
	text, err := json.MarshalIndent(object{
		"uid": "beadle-" + b.name, "title": "Beadle: " + b.name, "description": b.about, "tags": []string{"beadle"},
		"schemaVersion": 39, "editable": false, "refresh": "30s", "timezone": "browser", "graphTooltip": 1,
		"time":        object{"from": "now-6h", "to": "now"},
		"annotations": object{"list": marks()},
		"templating":  object{"list": b.variables()},
		"links":       b.links(),
		"panels":      b.layout(),
	}, "", " ")
	if err != nil {
		panic(err) // of values alone
	}
	return append(text, '\n')
}

// marks are the lines across all panels: what changed, and when.
func marks() []object {
	mark := func(name, color, expr, title, text string) object {
		return object{
			"name": name, "enable": true, "iconColor": color, "datasource": prometheus, "expr": expr, "step": "30s",
			"titleFormat": title, "textFormat": text,
		}
	}
	return []object{
		mark("Deploys", "blue",
			"count by (job, version) (beadle_build_info) unless count by (job, version) (beadle_build_info offset 2m)",
			"{{job}} {{version}}", "a {{job}} of version {{version}} came up"),
		mark("Configuration", "purple", "sum by (kind) (increase(beadle_config_changes_total[2m])) > 0",
			"changed: {{kind}}", "people changed {{kind}}: jobctl audit says who and why"),
		mark("Leader", "orange", "max by (instance) (changes(beadle_leader[2m])) > 0",
			"another leader", "{{instance}} began or ceased to lead"),
	}
}

// variables are where Beadle is, and what the reader narrows the board to.
func (b board) variables() []object {
	all := []object{{
		"name": "beadle", "label": "Beadle is at", "type": "textbox", "query": "http://localhost:8080",
		"current": object{"text": "http://localhost:8080", "value": "http://localhost:8080"},
	}}
	for _, p := range b.picks {
		all = append(all, object{
			"name": p.label, "label": p.label, "type": "query", "datasource": prometheus, "refresh": 2, "sort": 1,
			"query": "label_values(" + p.of + ", " + p.label + ")", "definition": "label_values(" + p.of + ", " + p.label + ")",
			"multi": true, "includeAll": true, "allValue": ".*", "current": object{"text": "All", "value": "$__all"},
		})
	}
	return all
}

func (b board) links() []object {
	all := []object{
		{"title": "Other boards", "type": "dashboards", "tags": []string{"beadle"}, "asDropdown": true, "includeVars": false, "keepTime": true},
		{"title": "Runbooks", "type": "link", "url": runbooks, "icon": "doc", "targetBlank": true},
	}
	for _, p := range b.pages {
		all = append(all, object{"title": p.title, "type": "link", "url": "${beadle}" + p.path, "icon": "external link", "targetBlank": true})
	}
	return all
}

// layout places panels from left to right, row by row.
func (b board) layout() (all []object) {
	x, y, high := 0, 0, 0
	feed := func() { x, y, high = 0, y+high, 0 }
	for _, r := range b.rows {
		feed()
		all = append(all, object{
			"id": len(all) + 1, "type": "row", "title": r.title, "collapsed": false, "panels": []any{},
			"gridPos": object{"x": 0, "y": y, "w": columns, "h": 1},
		})
		y++
		for _, p := range r.panels {
			size := sizes[p.shape]
			if x+size.w > columns {
				feed()
			}
			all = append(all, p.render(len(all)+1, object{"x": x, "y": y, "w": size.w, "h": size.h}))
			x, high = x+size.w, max(high, size.h)
		}
	}
	return all
}

func (p panel) render(id int, place object) object {
	o := object{
		"id": id, "title": p.title, "description": p.means + "\n\n**Do:** " + p.do, "type": p.kind(), "datasource": prometheus, "gridPos": place,
		"fieldConfig": object{"defaults": p.field(), "overrides": []any{}},
		"options":     p.options(),
		"targets":     p.targets(),
	}
	if p.shape == table {
		o["transformations"] = []object{{"id": "merge"}, {"id": "organize", "options": object{"excludeByName": object{"Time": true}}}}
	}
	if p.page.path != "" {
		o["links"] = []object{{"title": p.page.title, "url": "${beadle}" + p.page.path, "targetBlank": true}}
	}
	return o
}

// kind is Grafana's name of the shape.
func (p panel) kind() string {
	if p.shape == areas {
		return string(lines)
	}
	return string(p.shape)
}

func (p panel) field() object {
	f := object{"unit": p.unit, "min": 0, "thresholds": object{"mode": "absolute", "steps": p.thresholds()}, "color": object{"mode": "thresholds"}}
	switch p.shape {
	case lines:
		f["color"] = object{"mode": "palette-classic"}
		f["custom"] = object{"fillOpacity": 5, "showPoints": "never", "spanNulls": true}
	case areas:
		f["color"] = object{"mode": "palette-classic"}
		f["custom"] = object{"fillOpacity": 30, "showPoints": "never", "stacking": object{"mode": "normal"}}
	}
	return f
}

func (p panel) thresholds() []object {
	steps := []object{{"color": "green", "value": nil}}
	if p.amber != 0 {
		steps = append(steps, object{"color": "orange", "value": p.amber})
	}
	if p.red != 0 {
		steps = append(steps, object{"color": "red", "value": p.red})
	}
	return steps
}

func (p panel) options() object {
	switch p.shape {
	case number:
		return object{"reduceOptions": object{"calcs": []string{"lastNotNull"}}, "colorMode": "value", "graphMode": "area", "textMode": "auto"}
	case table:
		return object{"showHeader": true}
	}
	return object{
		"legend":  object{"displayMode": "table", "placement": "bottom", "calcs": []string{"lastNotNull", "max"}},
		"tooltip": object{"mode": "multi", "sort": "desc"},
	}
}

func (p panel) targets() (all []object) {
	for i, q := range p.show {
		t := object{"refId": string(rune('A' + i)), "datasource": prometheus, "expr": strings.TrimSpace(q.expr), "legendFormat": q.legend}
		if p.shape == table {
			t["format"], t["instant"], t["range"] = "table", true, false
		}
		all = append(all, t)
	}
	return all
}
