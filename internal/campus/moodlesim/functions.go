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
	if strings.HasPrefix(f.name, "core_") {
		return "2024100706"
	}
	return "2024100700" // of the plugins
}

// elsewhere are functions that a Moodle has and this service does not offer:
// calling one is refused otherwise than calling one that does not exist.
var elsewhere = map[string]bool{
	"core_user_add_user_device":        true,
	"core_course_delete_courses":       true,
	"core_group_delete_groups":         true,
	"core_cohort_delete_cohorts":       true,
	"core_enrol_submit_user_enrolment": true,
}

func (s *Site) getSiteInfo(*array) (any, error) {
	var names []object
	for _, f := range offered() {
		names = append(names, object{{"name", f.name}, {"version", f.version()}})
	}
	return object{
		{"sitename", s.options.Name},
		{"username", serviceUser},
		{"firstname", "SIS"},
		{"lastname", "Service"},
		{"fullname", "SIS Service"},
		{"lang", "en"},
		{"userid", serviceID},
		{"siteurl", s.options.URL},
		{"userpictureurl", theme + "core/" + themeRevision + "/u/f1"},
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
