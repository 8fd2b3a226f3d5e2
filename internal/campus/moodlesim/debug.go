package moodlesim

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// This file has what Moodle adds to its refusals while site debugging is on.

// sql is a statement with its values, as Moodle prints them.
func sql(statement string, values ...any) string {
	var list strings.Builder
	for i, v := range values {
		if text, ok := v.(string); ok {
			v = "'" + strings.ReplaceAll(text, "'", `\'`) + "'"
		}
		fmt.Fprintf(&list, "  %d => %v,\n", i, v)
	}
	return statement + "\n[array (\n" + list.String() + ")]"
}

// insertUser is the statement that a new account came to grief with.
func insertUser(u User, column string) string {
	now := time.Now().Unix()
	return fmt.Sprintf("Data too long for column '%s' at row 1\n", column) + sql(
		"INSERT INTO mdl_user (username,auth,firstname,lastname,email,idnumber,lang,calendartype,confirmed,mnethostid,maildisplay,"+
			"mailformat,maildigest,autosubscribe,trackforums,city,country,timecreated,timemodified) "+
			"VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		u.Username, cmp.Or(u.Auth, "manual"), u.Firstname, u.Lastname, u.Email, u.Idnumber, "en", "gregorian", 1, "1", "2",
		"1", "0", "1", "0", u.City, u.Country, now, now)
}

// notAllowed lists the reasons for which a function may be out of reach.
func notAllowed(function string) string {
	const margin = "\n                     "
	return "Access to the function " + function + "() is not allowed." + margin + strings.Join([]string{
		"There could be multiple reasons for this:",
		"1. The service linked to the user token does not contain the function.",
		"2. The service is user-restricted and the user is not listed.",
		"3. The service is IP-restricted and the user IP is not listed.",
		"4. The service is time-restricted and the time has expired.",
		"5. The token is time-restricted and the time has expired.",
		"6. The service requires a specific capability which the user does not have.",
		"7. The function is called with username/password (no user token is sent)",
		"and none of the services has the function to allow the user.",
		"These settings can be found in Administration > Site administration",
		"> Server > Web services > External services and Manage tokens.",
	}, margin)
}
