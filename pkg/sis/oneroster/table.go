package oneroster

import (
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

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
		columns:  fields.List("sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear"),
		required: fields.List("sourcedId,title,type,startDate,endDate"),
	}
	orgs = table{
		name:     "orgs.csv",
		columns:  fields.List("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId"),
		optional: true,
	}
	courses = table{
		name:     "courses.csv",
		columns:  fields.List("sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes"),
		required: fields.List("sourcedId,title"),
		optional: true,
	}
	classes = table{
		name:     "classes.csv",
		columns:  fields.List("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"),
		required: fields.List("sourcedId,title,termSourcedIds"),
	}
	users = table{
		name:     "users.csv",
		columns:  fields.List("sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"),
		required: fields.List("sourcedId,enabledUser,username,givenName,familyName,email"),
	}
	roles = table{ // since OneRoster 1.2
		name:     "roles.csv",
		columns:  fields.List("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId"),
		required: fields.List("userSourcedId,role"),
		optional: true,
	}
	enrollments = table{
		name:     "enrollments.csv",
		columns:  fields.List("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"),
		required: fields.List("sourcedId,classSourcedId,userSourcedId,role"),
	}
)

func joinList(items []string) string { return strings.Join(items, ",") }
