package moodlesim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
)

// An object is a structure of an answer, with its fields in order.
type object []pair

type pair struct {
	name  string
	value any // nil, string, int, bool, object, []object, []string
}

// MarshalJSON writes the fields in order.
func (o object) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, p := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		name, _ := json.Marshal(p.name)
		text, err := json.Marshal(p.value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", p.name, err)
		}
		buf.Write(name)
		buf.WriteByte(':')
		buf.Write(text)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// An exception is how Moodle refuses.
type exception struct {
	class, code, message string
	debug                string // shown only while site debugging is on
}

func (e *exception) Error() string { return e.message }

func (e *exception) object() object {
	o := object{{"exception", e.class}}
	if e.code != "" {
		o = append(o, pair{"errorcode", e.code})
	}
	return append(o, pair{"message", e.message}).with("debuginfo", e.debug)
}

// because is the exception with a cause.
func (e *exception) because(debug string) *exception {
	caused := *e
	caused.debug = debug
	return &caused
}

// refuse is the common kind of exception.
func refuse(code, message string) *exception {
	return &exception{class: `core\exception\moodle_exception`, code: code, message: message}
}

// missing is the exception for a row that is not in Moodle's database.
func missing(code, message string) *exception {
	return &exception{class: "dml_missing_record_exception", code: code, message: message}
}

// denied is the exception for what the service user may not do.
func denied(capability string) *exception {
	return &exception{
		class: `core\exception\required_capability_exception`, code: "nopermissions",
		message: "Sorry, but you do not currently have permissions to do that (" + capability + ").",
	}
}

func noRecord(table string) *exception {
	return missing("invalidrecord", "Can't find data record in database table "+table+".")
}

// The exceptions that say nothing about their cause.
var (
	errParameter = &exception{
		class: `core\exception\invalid_parameter_exception`, code: "invalidparameter", message: "Invalid parameter value detected",
	}
	errResponse = &exception{
		class: `core\exception\invalid_response_exception`, code: "invalidresponse", message: "Invalid response value detected",
	}
	errAccess = &exception{class: "webservice_access_exception", code: "accessexception", message: "Access control exception"}
	errToken  = refuse("invalidtoken", "Invalid token - token not found")
	errWrite  = &exception{class: "dml_write_exception", code: "dmlwriteexception", message: "Error writing to database"}
	errUser   = missing("invaliduser", "Invalid user")
)

// answer writes a result or a refusal in the format that was asked for.
func answer(w http.ResponseWriter, format string, result any, refusal *exception) {
	if format == "json" {
		answerJSON(w, result, refusal)
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	var buf bytes.Buffer
	buf.WriteString(`<?xml version="1.0" encoding="UTF-8" ?>` + "\n")
	if refusal != nil {
		writeException(&buf, refusal)
	} else {
		buf.WriteString("<RESPONSE>\n")
		writeXML(&buf, result)
		buf.WriteString("</RESPONSE>\n")
	}
	_, _ = w.Write(buf.Bytes())
}

func writeException(buf *bytes.Buffer, e *exception) {
	fmt.Fprintf(buf, "<EXCEPTION class=\"%s\">\n<ERRORCODE>%s</ERRORCODE>\n<MESSAGE>%s</MESSAGE>\n", e.class, escape(e.code), escape(e.message))
	if e.debug != "" {
		fmt.Fprintf(buf, "<DEBUGINFO>%s</DEBUGINFO>\n", escape(e.debug))
	}
	buf.WriteString("</EXCEPTION>\n")
}

func answerJSON(w http.ResponseWriter, result any, refusal *exception) {
	w.Header().Set("Content-Type", "application/json")
	if refusal != nil {
		result = refusal.object()
	}
	text, err := json.Marshal(result)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(text)
}

func writeXML(buf *bytes.Buffer, v any) {
	switch v := v.(type) {
	case nil:
	case object:
		buf.WriteString("<SINGLE>\n")
		for _, p := range v {
			fmt.Fprintf(buf, "<KEY name=\"%s\">", p.name)
			writeXML(buf, p.value)
			buf.WriteString("</KEY>\n")
		}
		buf.WriteString("</SINGLE>\n")
	case []object:
		writeList(buf, v)
	case []string:
		writeList(buf, v)
	case bool:
		writeXML(buf, number(v))
	default:
		fmt.Fprintf(buf, "<VALUE>%s</VALUE>\n", escape(fmt.Sprint(v)))
	}
}

func writeList[T any](buf *bytes.Buffer, elements []T) {
	buf.WriteString("<MULTIPLE>\n")
	for _, element := range elements {
		writeXML(buf, element)
	}
	buf.WriteString("</MULTIPLE>\n")
}

func escape(s string) string {
	var buf bytes.Buffer
	_ = xml.EscapeText(&buf, []byte(s))
	return buf.String()
}

// number is how Moodle writes the booleans that are columns of its database.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
