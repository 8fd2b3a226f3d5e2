package moodlesim

// offered returns the functions of the service, in the order in which the
// site tells of them.
func offered() []function {
	return []function{
		{"core_webservice_get_site_info", false, optional(list{anyText}, "serviceshortnames"), (*Site).getSiteInfo},
		{"core_user_create_users", true, required(list{newUser}, "users"), (*Site).createUsers},
		{"core_user_update_users", true, required(list{changedUser}, "users"), (*Site).updateUsers},
		{"core_user_get_users", false, required(list{criterion}, "criteria"), (*Site).getUsers},
		{"core_user_get_users_by_field", false, byField, (*Site).getUsersByField},
		{"core_user_delete_users", true, required(list{integer}, "userids"), (*Site).deleteUsers},
		{"core_user_get_course_user_profiles", false, required(list{participant}, "userlist"), (*Site).getCourseUserProfiles},
		{"core_course_get_courses", false, optional(optional(list{integer}, "ids"), "options"), (*Site).getCourses},
		{"core_course_get_courses_by_field", false, optional(anyText, "field", "value"), (*Site).getCoursesByField},
		{"core_course_create_courses", true, required(list{newCourse}, "courses"), (*Site).createCourses},
		{"core_course_update_courses", true, required(list{changedCourse}, "courses"), (*Site).updateCourses},
		{"core_course_get_categories", false, categorySearch, (*Site).getCategories},
		{"core_course_create_categories", true, required(list{newCategory}, "categories"), (*Site).createCategories},
		{"core_course_get_contents", false, ofCourse, (*Site).getContents},
		{"core_course_get_updates_since", false, required(integer, "courseid", "since"), (*Site).getUpdates},
		{"core_course_get_recent_courses", false, optional(integer, "userid", "limit", "offset"), (*Site).getRecentCourses},
		{"enrol_manual_enrol_users", true, required(list{newEnrolment}, "enrolments"), (*Site).enrolUsers},
		{"enrol_manual_unenrol_users", true, required(list{oldEnrolment}, "enrolments"), (*Site).unenrolUsers},
		{"core_enrol_get_enrolled_users", false, courseSearch, (*Site).getEnrolledUsers},
		{"core_enrol_get_users_courses", false, userSearch, (*Site).getUsersCourses},
		{"core_enrol_get_course_enrolment_methods", false, ofCourse, (*Site).getEnrolmentMethods},
		{"core_role_assign_roles", true, required(list{assignment}, "assignments"), (*Site).assignRoles},
		{"core_role_unassign_roles", true, required(list{assignment}, "unassignments"), (*Site).unassignRoles},
		{"core_group_create_groups", true, required(list{newGroup}, "groups"), (*Site).createGroups},
		{"core_group_get_course_groups", false, ofCourse, (*Site).getCourseGroups},
		{"core_group_add_group_members", true, required(list{groupMember}, "members"), (*Site).addGroupMembers},
		{"core_group_delete_group_members", true, required(list{groupMember}, "members"), (*Site).deleteGroupMembers},
		{"core_group_get_group_members", false, required(list{integer}, "groupids"), (*Site).getGroupMembers},
		{"core_cohort_create_cohorts", true, required(list{newCohort}, "cohorts"), (*Site).createCohorts},
		{"core_cohort_get_cohorts", false, optional(list{integer}, "cohortids"), (*Site).getCohorts},
		{"core_cohort_search_cohorts", false, cohortSearch, (*Site).searchCohorts},
		{"core_cohort_add_cohort_members", true, required(list{newCohortMember}, "members"), (*Site).addCohortMembers},
		{"core_cohort_delete_cohort_members", true, required(list{oldCohortMember}, "members"), (*Site).deleteCohortMembers},
		{"core_cohort_get_cohort_members", false, required(list{integer}, "cohortids"), (*Site).getCohortMembers},
		{"core_message_send_instant_messages", true, required(list{newMessage}, "messages"), (*Site).sendMessages},
		{"message_popup_get_popup_notifications", false, notices, (*Site).getNotifications},
		{"core_completion_get_activities_completion_status", false, required(integer, "courseid", "userid"), (*Site).getActivitiesCompletion},
		{"core_completion_get_course_completion_status", false, required(integer, "courseid", "userid"), (*Site).getCourseCompletion},
		{"block_recentlyaccesseditems_get_recent_items", false, optional(integer, "limit"), (*Site).getRecentItems},
		{"core_reportbuilder_list_reports", false, optional(integer, "page", "perpage"), (*Site).listReports},
		{"core_reportbuilder_retrieve_report", false, reportPage, (*Site).retrieveReport},
		{"gradereport_user_get_grade_items", false, gradeSearch, (*Site).getGradeItems},
	}
}

// What the functions take.
var (
	criterion = required(anyText, "key", "value")
	option    = required(anyText, "name", "value")
	byField   = fields(required(letters, "field"), required(list{anyText}, "values"))
	ofCourse  = required(integer, "courseid")

	participant    = required(integer, "userid", "courseid")
	courseSearch   = fields(ofCourse, optional(list{option}, "options"))
	userSearch     = fields(required(integer, "userid"), optional(boolean, "returnusercount"))
	categorySearch = fields(optional(list{criterion}, "criteria"), optional(boolean, "addsubcategories"))
	cohortSearch   = fields(required(anyText, "query"), required(systemContext, "context"), optional(anyText, "includes"),
		optional(integer, "limitfrom", "limitnum"))
	systemContext = fields(optional(integer, "contextid", "instanceid"), optional(letters, "contextlevel"))
	gradeSearch   = fields(ofCourse, optional(integer, "userid", "groupid"))
	reportPage    = fields(required(integer, "reportid"), optional(integer, "page", "perpage"))
	notices       = fields(required(integer, "useridto"), optional(boolean, "newestfirst"), optional(integer, "limit", "offset"))

	newEnrolment = fields(required(integer, "roleid", "userid", "courseid"), optional(integer, "timestart", "timeend", "suspend"))
	oldEnrolment = fields(required(integer, "userid", "courseid"), optional(integer, "roleid"))
	assignment   = fields(required(integer, "roleid", "userid"), optional(integer, "contextid", "instanceid"), optional(letters, "contextlevel"))

	newGroup = fields(required(integer, "courseid"), required(anyText, "name", "description"),
		optional(integer, "descriptionformat", "visibility"), optional(anyText, "enrolmentkey", "idnumber"), optional(boolean, "participation"))
	groupMember = required(integer, "groupid", "userid")

	typed     = required(anyText, "type", "value")
	newCohort = fields(required(typed, "categorytype"), required(anyText, "name", "idnumber"), optional(anyText, "description", "theme"),
		optional(integer, "descriptionformat"), optional(boolean, "visible"))
	newCohortMember = required(typed, "cohorttype", "usertype")
	oldCohortMember = required(integer, "cohortid", "userid")

	newMessage = fields(required(integer, "touserid"), required(anyText, "text"), optional(integer, "textformat"), optional(anyText, "clientmsgid"))

	newCategory = fields(required(anyText, "name"), optional(integer, "parent", "descriptionformat"), optional(anyText, "idnumber", "description", "theme"))

	courseSettings = fields(optional(anyText, "idnumber", "summary", "format"), optional(language, "lang"),
		optional(integer, "summaryformat", "showgrades", "newsitems", "startdate", "enddate", "numsections", "maxbytes",
			"showreports", "visible", "groupmode", "groupmodeforce", "defaultgroupingid", "enablecompletion", "completionnotify"))
	newCourse     = fields(required(noTags, "fullname", "shortname"), required(integer, "categoryid"), courseSettings)
	changedCourse = fields(required(integer, "id"), optional(noTags, "fullname", "shortname"), optional(integer, "categoryid"), courseSettings)

	profile = fields(optional(anyText, "idnumber", "password", "city", "country", "timezone", "description", "institution",
		"department", "phone1", "phone2", "address"), optional(language, "lang"), optional(authName, "auth"))
	newUser = fields(required(username, "username"), required(noTags, "firstname", "lastname"),
		required(trimmed, "email"), optional(boolean, "createpassword"), profile)
	changedUser = fields(required(integer, "id"), optional(username, "username"), optional(noTags, "firstname", "lastname"),
		optional(trimmed, "email"), optional(boolean, "suspended"), profile)
)
