package moodlesim

import "strings"

// A function is one of Moodle's web service functions.
type function struct {
	name   string
	writes bool
	takes  structure
	run    func(s *Site, args *array) (any, error)
}

func (f function) version() string {
	if strings.HasPrefix(f.name, "enrol_") {
		return "2024100700"
	}
	return "2024100706"
}

// offered returns the functions of the service, in the order in which the
// site tells of them.
func offered() []function {
	return []function{
		{name: "core_webservice_get_site_info", takes: optional(list{anyText}, "serviceshortnames"), run: (*Site).getSiteInfo},
		{name: "core_user_create_users", writes: true, takes: required(list{newUser}, "users"), run: (*Site).createUsers},
		{name: "core_user_update_users", writes: true, takes: required(list{changedUser}, "users"), run: (*Site).updateUsers},
		{name: "core_user_get_users", takes: required(list{criterion}, "criteria"), run: (*Site).getUsers},
		{
			name:  "core_user_get_users_by_field",
			takes: fields(required(letters, "field"), required(list{anyText}, "values")),
			run:   (*Site).getUsersByField,
		},
		{name: "core_course_get_courses_by_field", takes: optional(anyText, "field", "value"), run: (*Site).getCoursesByField},
		{name: "core_course_create_courses", writes: true, takes: required(list{newCourse}, "courses"), run: (*Site).createCourses},
		{
			name:  "core_course_get_categories",
			takes: fields(optional(list{criterion}, "criteria"), optional(boolean, "addsubcategories")),
			run:   (*Site).getCategories,
		},
		{name: "enrol_manual_enrol_users", writes: true, takes: required(list{newEnrolment}, "enrolments"), run: (*Site).enrolUsers},
		{name: "enrol_manual_unenrol_users", writes: true, takes: required(list{oldEnrolment}, "enrolments"), run: (*Site).unenrolUsers},
		{
			name:  "core_enrol_get_enrolled_users",
			takes: fields(required(integer, "courseid"), optional(list{option}, "options")),
			run:   (*Site).getEnrolledUsers,
		},
		{
			name:  "core_enrol_get_users_courses",
			takes: fields(required(integer, "userid"), optional(boolean, "returnusercount")),
			run:   (*Site).getUsersCourses,
		},
	}
}

// elsewhere are functions that a Moodle has and this service does not offer:
// calling one is refused otherwise than calling one that does not exist.
var elsewhere = map[string]bool{
	"core_user_add_user_device":          true,
	"core_user_delete_users":             true,
	"core_course_get_courses":            true,
	"core_course_update_courses":         true,
	"core_course_delete_courses":         true,
	"core_role_assign_roles":             true,
	"core_group_create_groups":           true,
	"core_message_send_instant_messages": true,
}

var (
	criterion    = required(anyText, "key", "value")
	option       = required(anyText, "name", "value")
	newEnrolment = fields(required(integer, "roleid", "userid", "courseid"), optional(integer, "timestart", "timeend", "suspend"))
	oldEnrolment = fields(required(integer, "userid", "courseid"), optional(integer, "roleid"))

	newCourse = fields(required(noTags, "fullname", "shortname"), required(integer, "categoryid"),
		optional(anyText, "idnumber", "summary", "format"), optional(language, "lang"),
		optional(integer, "summaryformat", "showgrades", "newsitems", "startdate", "enddate", "numsections", "maxbytes",
			"showreports", "visible", "groupmode", "groupmodeforce", "defaultgroupingid", "enablecompletion", "completionnotify"))

	profile = fields(optional(anyText, "idnumber", "password", "city", "country", "timezone", "description", "institution",
		"department", "phone1", "phone2", "address"), optional(language, "lang"), optional(authName, "auth"))
	newUser = fields(required(username, "username"), required(noTags, "firstname", "lastname"),
		required(trimmed, "email"), optional(boolean, "createpassword"), profile)
	changedUser = fields(required(integer, "id"), optional(username, "username"), optional(noTags, "firstname", "lastname"),
		optional(trimmed, "email"), optional(boolean, "suspended"), profile)
)

func (s *Site) getSiteInfo(*array) (any, error) {
	var names []object
	for _, f := range offered() {
		names = append(names, object{{"name", f.name}, {"version", f.version()}})
	}
	return object{
		{"sitename", s.options.Name},
		{"username", "svc_sis"},
		{"firstname", "SIS"},
		{"lastname", "Service"},
		{"fullname", "SIS Service"},
		{"lang", "en"},
		{"userid", serviceID},
		{"siteurl", s.options.URL},
		{"userpictureurl", s.options.URL + "/theme/image.php/boost/core/1/u/f1"},
		{"functions", names},
		{"downloadfiles", 0},
		{"uploadfiles", 0},
		{"release", "4.5.6 (Build: 20250811)"},
		{"version", "2024100706"},
		{"mobilecssurl", ""},
		{"advancedfeatures", features()},
		{"usercanmanageownfiles", true},
		{"userquota", 100 << 20},
		{"usermaxuploadfilesize", 64 << 20},
		{"userhomepage", 1},
		{"userprivateaccesskey", "simulated"},
		{"siteid", 1},
		{"sitecalendartype", "gregorian"},
		{"usercalendartype", "gregorian"},
		{"userissiteadmin", false},
		{"theme", "boost"},
		{"limitconcurrentlogins", 0},
		{"policyagreed", 0},
	}, nil
}

func features() []object {
	var list []object
	for _, name := range []string{"usecomments", "usetags", "enablenotes", "messaging", "enableblogs", "enablecompletion", "enablebadges"} {
		list = append(list, object{{"name", name}, {"value", 1}})
	}
	return append(list,
		object{{"name", "messagingallusers"}, {"value", 0}},
		object{{"name", "enablecustomreports"}, {"value", 1}},
		object{{"name", "enableglobalsearch"}, {"value", 0}},
		object{{"name", "mnet_dispatcher_mode"}, {"value", 0}},
		object{{"name", "enablecompetencies"}, {"value", 1}})
}
