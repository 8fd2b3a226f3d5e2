package oneroster

import "strings"

// A table is one file of a bundle as OneRoster 1.1 describes it, and what of
// it a roster cannot do without.
type table struct {
	name     string
	columns  []string // in the order of the specification
	required []string // columns that must be in the header
}

var (
	academicSessions = table{
		"academicSessions.csv",
		list("sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear"),
		list("sourcedId,title,type,startDate,endDate"),
	}
	orgs = table{
		"orgs.csv",
		list("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId"),
		nil,
	}
	courses = table{
		"courses.csv",
		list("sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes"),
		list("sourcedId,title"),
	}
	classes = table{
		"classes.csv",
		list("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"),
		list("sourcedId,title,termSourcedIds"),
	}
	users = table{
		"users.csv",
		list("sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"),
		list("sourcedId,enabledUser,username,givenName,familyName,email"),
	}
	roles = table{ // since OneRoster 1.2
		"roles.csv",
		list("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId"),
		list("userSourcedId,role"),
	}
	enrollments = table{
		"enrollments.csv",
		list("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"),
		list("sourcedId,classSourcedId,userSourcedId,role"),
	}
)

// list splits a list as OneRoster writes it into one cell.
func list(cell string) []string {
	var items []string
	for item := range strings.SplitSeq(cell, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func joinList(items []string) string { return strings.Join(items, ",") }
