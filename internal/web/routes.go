package web

import (
	"net/http"
	"net/url"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A route is a page, or what a form is sent to. Who does not meet its need is
// refused.
type route struct {
	pattern string
	need    auth.Need
	handler http.Handler
}

// routes is all of the dashboard.
func (s *server) routes() []route {
	return joined(s.jobRoutes(), s.scheduleRoutes(), s.calendarRoutes(), s.recoveryRoutes(), s.workerRoutes(), s.noticeRoutes(), s.doorRoutes(), s.peopleRoutes(), s.deviceRoutes(), s.planRoutes(), s.campusRoutes(), s.systemRoutes(), s.otherRoutes())
}

func joined(lists ...[]route) (all []route) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func (s *server) jobRoutes() []route {
	return []route{
		{"GET /{$}", auth.NeedLogin, s.page(home)},
		{"GET /overview", auth.NeedSee, s.page(s.overview)},
		{"GET /jobs", auth.NeedJobs, s.page(s.jobs)},
		{"GET /jobs/{id}", auth.NeedJobs, s.page(s.job)},
		{"GET /jobs:abort", auth.NeedOwn, s.page(s.askMany(s.abortDeed))},
		{"POST /jobs:abort", auth.NeedOwn, s.page(s.doMany(s.abortDeed))},
		{"GET /jobs:retry", auth.NeedOwn, s.page(s.askMany(s.retryDeed))},
		{"POST /jobs:retry", auth.NeedOwn, s.page(s.doMany(s.retryDeed))},
		{"GET /jobs/{id}/errors", auth.NeedJobs, s.page(s.jobErrors)},
		{"GET /jobs/{id}/abort", auth.NeedOwn, s.page(s.confirmAbort)},
		{"POST /jobs/{id}/abort", auth.NeedOwn, s.page(s.abort)},
		{"POST /jobs/{id}/retry", auth.NeedOwn, s.page(s.retry)},
		{"GET /jobs/{id}/break", auth.NeedRun, s.page(s.confirmBreak)},
		{"POST /jobs/{id}/break", auth.NeedRun, s.page(s.breakLocks)},
	}
}

func (s *server) scheduleRoutes() []route {
	all := []route{
		{"GET /schedules", auth.NeedSee, s.page(s.schedules)},
		{"GET /schedules/new", auth.NeedOperate, s.page(s.newSchedule)},
		{"POST /schedules/new", auth.NeedOperate, s.page(s.createSchedule)},
		{"POST /schedules/preview", auth.NeedOperate, s.page(s.previewSchedule)},
		{"GET /schedules/{name}", auth.NeedSee, s.page(s.schedule)},
		{"GET /schedules/{name}/edit", auth.NeedOperate, s.page(s.editSchedule)},
		{"POST /schedules/{name}/edit", auth.NeedOperate, s.page(s.saveSchedule)},
	}
	for _, a := range s.scheduleActions() {
		all = append(all,
			route{"GET /schedules/{name}/" + a.path, auth.NeedOperate, s.page(a.ask)},
			route{"POST /schedules/{name}/" + a.path, auth.NeedOperate, s.page(a.do)})
	}
	return all
}

// calendarRoutes are of what every client shares, so that changing it takes the
// right over all.
func (s *server) calendarRoutes() []route {
	return []route{
		{"GET /calendars", auth.NeedSee, s.page(s.calendars)},
		{"GET /calendars/new", auth.NeedRun, s.page(s.newCalendar)},
		{"POST /calendars/new", auth.NeedRun, s.page(s.createCalendar)},
		{"POST /calendars/preview", auth.NeedRun, s.page(s.previewCalendar)},
		{"GET /calendars/{calendar}", auth.NeedSee, s.page(s.calendar)},
		{"GET /calendars/{calendar}/edit", auth.NeedRun, s.page(s.editCalendar)},
		{"POST /calendars/{calendar}/edit", auth.NeedRun, s.page(s.saveCalendar)},
		{"GET /calendars/{calendar}/delete", auth.NeedRun, s.page(s.askDeleteCalendar)},
		{"POST /calendars/{calendar}/delete", auth.NeedRun, s.page(s.deleteCalendar)},
	}
}

func (s *server) recoveryRoutes() []route {
	return []route{
		{"GET /recoveries", auth.NeedSee, s.page(s.recoveries)},
		{"GET /recoveries/{recovery}", auth.NeedSee, s.page(s.recovery)},
		{"POST /recoveries/{recovery}/approve", auth.NeedRun, s.page(s.approveRecovery)},
		{"GET /recoveries/{recovery}/reject", auth.NeedRun, s.page(s.askReject)},
		{"POST /recoveries/{recovery}/reject", auth.NeedRun, s.page(s.rejectRecovery)},
	}
}

// planRoutes are of what one client's sync changes, so that whoever operates it
// decides.
func (s *server) planRoutes() []route {
	if s.Plans == nil {
		return nil
	}
	all := []route{
		{"GET /plans", auth.NeedSee, s.page(s.plans)},
		{"GET /plans/{sync}/{plan}", auth.NeedSee, s.page(s.plan)},
	}
	for _, d := range planDeeds {
		all = append(all,
			route{"GET /plans/{sync}/{plan}/" + d.Path, auth.NeedOperate, s.page(s.askPlan(d))},
			route{"POST /plans/{sync}/{plan}/" + d.Path, auth.NeedOperate, s.page(s.doPlan(d))})
	}
	return all
}

// campusRoutes are of what one client's SIS sends.
func (s *server) campusRoutes() []route {
	return joined([]route{
		{"GET /messages", auth.NeedSee, s.page(s.messages)},
		{"GET /messages/{sync}/{message}", auth.NeedSee, s.page(s.message)},
		{"GET /why", auth.NeedSee, s.page(s.why)},
		{"GET /sections", auth.NeedSee, s.page(s.sections)},
		{"GET /sections/{sync}/{section}", auth.NeedSee, s.page(s.section)},
		{"GET /terms", auth.NeedSee, s.page(s.terms)},
		{"GET /attendance", auth.NeedSee, s.page(s.attendance)},
		{"GET /attendance/people", auth.NeedSee, s.page(s.attendancePeople)},
	}, s.wordRoutes(messageWords), s.wordRoutes(sectionWords), s.wordRoutes(rekeyWords), s.wordRoutes(termWords), s.wordRoutes(attendanceWords))
}

// workerRoutes are of what every client shares, too.
func (s *server) workerRoutes() []route {
	return []route{
		{"GET /workers", auth.NeedSee, s.page(s.workers)},
		{"POST /workers/{worker}/quiet", auth.NeedRun, s.page(s.order(job.OrderQuiet))},
		{"POST /workers/{worker}/wake", auth.NeedRun, s.page(s.order(job.OrderWake))},
		{"GET /workers/{worker}/drain", auth.NeedRun, s.page(s.confirmDrain)},
		{"POST /workers/{worker}/drain", auth.NeedRun, s.page(s.order(job.OrderDrain))},
		{"GET /queues", auth.NeedSee, s.page(s.queues)},
		{"GET /queues/{queue}/pause", auth.NeedRun, s.page(s.confirmPause)},
		{"POST /queues/{queue}/pause", auth.NeedRun, s.page(s.pauseQueue)},
		{"POST /queues/{queue}/resume", auth.NeedRun, s.page(s.resumeQueue)},
		{"GET /limits/edit", auth.NeedOperate, s.page(s.editLimit)},
		{"POST /limits/edit", auth.NeedOperate, s.page(s.saveLimit)},
		{"POST /limits/remove", auth.NeedOperate, s.page(s.removeLimit)},
	}
}

func (s *server) otherRoutes() []route {
	return []route{
		{"GET /locks", auth.NeedSee, s.page(s.locks)},
		{"GET /errors", auth.NeedSee, s.page(s.errorGroups)},
		{"GET /errors/{fingerprint}", auth.NeedSee, s.page(s.errorGroup)},
		{"GET /audit", auth.NeedAdmin, s.page(s.audit)},
		{"GET /keys", auth.NeedLogin, s.page(s.keys)},
		{"GET /static/", auth.NeedNothing, s.assets},
		{"GET /", auth.NeedLogin, s.page(nowhere)},
	}
}

// needs returns the need of each route.
func (s *server) needs() map[string]auth.Need {
	needs := map[string]auth.Need{}
	for _, r := range s.routes() {
		needs[r.pattern] = r.need
	}
	return needs
}

// admit shows next to who meets a need; whoever is not known is asked to log in.
func (s *server) admit(need auth.Need, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := auth.Of(r.Context())
		err := need.Check(who)
		switch {
		case err == nil:
			next.ServeHTTP(w, r)
		case who.Nobody() && r.Method == http.MethodGet:
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		case who.Nobody():
			http.Error(w, "Log in first.", http.StatusUnauthorized)
		default:
			s.fail(w, r, err)
		}
	})
}
