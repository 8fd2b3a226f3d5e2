package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// A node is a part of the document.
type node = map[string]any

func document(t *testing.T) node {
	t.Helper()
	var doc node
	if err := yaml.Unmarshal(do(serve(t, apitest.New()), "GET", "/api/v1/openapi.yaml", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at follows references of the document.
func at(doc node, n any) node {
	part, _ := n.(node)
	ref, ok := part["$ref"].(string)
	if !ok {
		return part
	}
	found := doc
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		found, _ = found[step].(node)
	}
	return found
}

func TestTheDocumentNamesEveryRouteAndParameter(t *testing.T) {
	doc := document(t)
	documented := map[string][]string{}
	for path, item := range doc["paths"].(node) {
		for method, operation := range item.(node) {
			if method != "parameters" {
				documented[strings.ToUpper(method)+" "+path] = queryParameters(doc, operation.(node))
			}
		}
	}
	routes := serve(t, apitest.New()).RouteNames()
	for name := range routes {
		slices.Sort(routes[name])
	}
	if diff := cmp.Diff(routes, documented); diff != "" {
		t.Errorf("routes and openapi.yaml differ (-routes +document):\n%s", diff)
	}
}

func queryParameters(doc, operation node) (names []string) {
	list, _ := operation["parameters"].([]any)
	for _, p := range list {
		if parameter := at(doc, p); parameter["in"] == "query" {
			names = append(names, parameter["name"].(string))
		}
	}
	slices.Sort(names)
	return names
}

// schemas are the Go types of the document's schemas that stand in examples.
var schemas = map[string]any{
	"Readiness": client.Readiness{}, "Version": client.Version{}, "System": client.System{}, "Deposed": client.Deposed{}, "ErrorBody": client.ErrorBody{},
	"Job": client.Job{}, "NewJob": client.NewJob{}, "Enqueued": client.Enqueued{}, "BatchLine": client.BatchLine{}, "JobList": client.JobList{}, "EventData": client.EventData{}, "JobDetail": client.JobDetail{}, "Bulk": client.Bulk{}, "BulkResult": client.BulkResult{},
	"ErrorPage": client.ErrorPage{}, "ErrorGroupList": client.ErrorGroupList{}, "ErrorGroupPage": client.ErrorGroupPage{}, "LogPage": client.LogPage{},
	"Task": client.Task{}, "TaskList": client.TaskList{},
	"Schedule": client.Schedule{}, "ScheduleList": client.ScheduleList{}, "RunSchedule": client.RunSchedule{}, "SlotList": client.SlotList{},
	"NewSchedule": client.NewSchedule{}, "PreviewRequest": client.PreviewRequest{}, "Preview": client.Preview{}, "Edit": client.Edit{}, "Pause": client.Pause{}, "Reason": client.Reason{},
	"ChangeList": client.ChangeList{}, "FiringList": client.FiringList{}, "SlotCheck": client.SlotCheck{},
	"ClashForecast": client.ClashForecast{}, "Recovery": client.Recovery{}, "RecoveryList": client.RecoveryList{}, "RecoveryPlan": client.RecoveryPlan{},
	"Calendar": client.Calendar{}, "CalendarList": client.CalendarList{}, "CalendarChange": client.CalendarChange{},
	"Client": client.Organisation{}, "ClientList": client.ClientList{}, "NewClient": client.NewClient{}, "ClientTitle": client.ClientTitle{},
	"ProcessList": client.ProcessList{}, "NewLogLevel": client.NewLogLevel{}, "LogLevel": client.LogLevel{}, "NewProfile": client.NewProfile{},
	"WorkerList": client.WorkerList{}, "Worker": client.Worker{}, "QueueList": client.QueueList{}, "ScaleList": client.ScaleList{}, "QueuePause": client.QueuePause{}, "NewQueuePause": client.NewQueuePause{}, "LockList": client.LockList{}, "BreakLocks": client.BreakLocks{},
	"Limit": client.Limit{}, "LimitList": client.LimitList{}, "NewLimit": client.NewLimit{},
	"Whoami": client.Whoami{}, "SelfEdit": client.SelfEdit{}, "PersonList": client.PersonList{}, "Person": client.Person{}, "NewPerson": client.NewPerson{}, "PersonEdit": client.PersonEdit{}, "Invited": client.Invited{},
	"TokenList": client.TokenList{}, "Token": client.Token{}, "NewToken": client.NewToken{}, "MadeToken": client.MadeToken{}, "SessionList": client.SessionList{}, "Session": client.Session{},
	"NewDeviceLogin": client.NewDeviceLogin{}, "DeviceLogin": client.DeviceLogin{}, "DeviceCode": client.DeviceCode{}, "DeviceAnswer": client.DeviceAnswer{},
	"Following": client.Following{}, "FollowList": client.FollowList{}, "NoticeRule": client.NoticeRule{}, "NoticeRuleList": client.NoticeRuleList{}, "PutNoticeRule": client.PutNoticeRule{}, "Delivery": client.Delivery{}, "DeliveryList": client.DeliveryList{},
	"RetentionList": client.RetentionList{}, "NewRetentionRule": client.NewRetentionRule{}, "RetentionRule": client.RetentionRule{}, "Prunable": client.Prunable{},
	"HoldList": client.HoldList{}, "NewHold": client.NewHold{}, "Hold": client.Hold{}, "History": client.History{},
	"AuditList": client.AuditList{}, "AuditCheck": client.AuditCheck{},
	"SyncList": client.SyncList{}, "SyncDetail": client.SyncDetail{}, "RunSync": client.RunSync{}, "Run": client.Run{},
	"MessageList": client.MessageList{}, "SectionList": client.SectionList{}, "PlanPage": client.PlanPage{}, "PlanList": client.PlanList{}, "DecidePlan": client.DecidePlan{}, "DecidedPlan": client.DecidedPlan{},
	"UndoPlan": client.UndoPlan{}, "ReleasePlan": client.ReleasePlan{}, "ReleasedPlan": client.ReleasedPlan{},
	"PersonFile": client.PersonFile{}, "Erasure": client.Erasure{},
	"MessageDetail": client.MessageDetail{}, "SkipMessages": client.SkipMessages{}, "Answer": client.Answer{}, "SectionPage": client.SectionPage{},
	"TermList": client.TermList{}, "ChooseTerm": client.ChooseTerm{}, "RekeyList": client.RekeyList{}, "JudgeRekeys": client.JudgeRekeys{},
	"AttendanceList": client.AttendanceList{}, "AttendanceSections": client.AttendanceSections{}, "ReleaseAttendance": client.ReleaseAttendance{},
	"LinkSection": client.LinkSection{}, "UnlinkSection": client.UnlinkSection{},
}

func TestEveryExampleIsOfItsType(t *testing.T) {
	seen := map[string]bool{}
	eachExample(document(t), func(where, schema string, example any) {
		seen[schema] = true
		kind, known := schemas[schema]
		if !known {
			t.Errorf("%s: no Go type is known for schema %s", where, schema)
			return
		}
		if err := fits(example, kind); err != nil {
			t.Errorf("%s: the example of %s: %v", where, schema, err)
		}
	})
	for name := range schemas {
		if !seen[name] {
			t.Errorf("schema %s has no example", name)
		}
	}
}

// eachExample finds contents with a schema and an example, wherever they are.
func eachExample(part any, do func(where, schema string, example any)) {
	var walk func(where string, part any)
	walk = func(where string, part any) {
		switch part := part.(type) {
		case node:
			ref, _ := part["schema"].(node)
			name, isRef := ref["$ref"].(string)
			if example, ok := part["example"]; ok && isRef {
				do(where, strings.TrimPrefix(name, "#/components/schemas/"), example)
			}
			for _, key := range slices.Sorted(maps.Keys(part)) {
				walk(where+"/"+key, part[key])
			}
		case []any:
			for i, item := range part {
				walk(fmt.Sprint(where, "/", i), item)
			}
		}
	}
	walk("", part)
}

// fits reports whether example is JSON of kind's type, without a field too
// many.
func fits(example, kind any) error {
	raw, err := json.Marshal(example)
	if err != nil {
		return err
	}
	decoded := reflect.New(reflect.TypeOf(kind)).Interface()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(decoded)
}

func TestEverySchemaHasTheFieldsOfItsType(t *testing.T) {
	doc := document(t)
	documented := doc["components"].(node)["schemas"].(node)
	types := maps.Clone(schemas)
	maps.Copy(types, map[string]any{
		"Progress": job.Progress{}, "JobEvent": client.JobEvent{}, "Wait": job.Wait{}, "Queue": job.Queue{}, "Problem": client.Problem{}, "ErrorGroup": client.ErrorGroup{}, "Attempt": job.Attempt{}, "Waited": job.Waited{}, "Rule": job.Rule{}, "Override": job.Override{}, "Change": job.Change{}, "Firing": job.Firing{}, "Exclusion": job.Exclusion{},
		"Grant": client.Grant{},
		"Slot":  job.Slot{}, "RecoveryStep": job.RecoveryStep{}, "Clash": job.Clash{}, "FreeTimes": job.FreeTimes{},
		"Sync": client.Sync{}, "Status": sync.Status{}, "Plan": sync.Plan{},
		"Message": sync.Message{}, "Section": sync.Section{}, "Effect": sync.Effect{},
	})
	for name, kind := range types {
		got := properties(doc, documented[name])
		slices.Sort(got)
		if diff := cmp.Diff(jsonNames(reflect.TypeOf(kind)), got); diff != "" {
			t.Errorf("schema %s (-type +document):\n%s", name, diff)
		}
	}
}

// properties are the names of a schema's own and of those that it is made of.
func properties(doc node, schema any) []string {
	own := at(doc, schema)
	named, _ := own["properties"].(node)
	names := slices.Collect(maps.Keys(named))
	parts, _ := own["allOf"].([]any)
	for _, part := range parts {
		names = append(names, properties(doc, part)...)
	}
	return names
}

func jsonNames(t reflect.Type) (names []string) {
	for f := range t.Fields() {
		if f.Anonymous {
			names = append(names, jsonNames(f.Type)...)
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
