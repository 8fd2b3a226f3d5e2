package oneroster

import "strings"

// A table is one file of a bundle as OneRoster 1.1 describes it, and what of
// it a roster cannot do without.
type table struct {
	name     string
	columns  []string // in the order of the specification
	required []string // columns that must be in the header
	optional bool     // a bundle need not have it
}

var (
	academicSessions = table{
		name:     "academicSessions.csv",
		columns:  list("sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear"),
		required: list("sourcedId,title,type,startDate,endDate"),
	}
	orgs = table{
		name:     "orgs.csv",
		columns:  list("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId"),
		optional: true,
	}
	courses = table{
		name:     "courses.csv",
		columns:  list("sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes"),
		required: list("sourcedId,title"),
		optional: true,
	}
	classes = table{
		name:     "classes.csv",
		columns:  list("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"),
		required: list("sourcedId,title,termSourcedIds"),
	}
	users = table{
		name:     "users.csv",
		columns:  list("sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"),
		required: list("sourcedId,enabledUser,username,givenName,familyName,email"),
	}
	roles = table{ // since OneRoster 1.2
		name:     "roles.csv",
		columns:  list("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId"),
		required: list("userSourcedId,role"),
		optional: true,
	}
	enrollments = table{
		name:     "enrollments.csv",
		columns:  list("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"),
		required: list("sourcedId,classSourcedId,userSourcedId,role"),
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
