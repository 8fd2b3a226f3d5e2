package web

import (
	"context"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// Devices are programs that ask to be let in by a person.
type Devices interface {
	// Asked returns the login that waits under a code.
	Asked(ctx context.Context, code string) (auth.DeviceLogin, error)
	// Settle lets it in as whoever acts, or refuses it.
	Settle(ctx context.Context, code string, approve bool) (auth.DeviceLogin, error)
}

func (s *server) deviceRoutes() []route {
	if s.Devices == nil {
		return nil
	}
	return []route{
		{"GET /device", auth.NeedLogin, s.page(s.device)},
		{"POST /device", auth.NeedLogin, s.page(s.settleDevice)},
	}
}

type devicePage struct {
	frame
	Code    string
	Login   *auth.DeviceLogin // who asks; nil: the code is to be typed
	Who     auth.Who
	May     []string
	Settled string // what was decided
	Mistake string
}

// device serves GET /device: it asks for a code, or shows what asks with it.
func (s *server) device(w http.ResponseWriter, r *http.Request) error {
	return s.showDevice(w, r, r.FormValue("code"), nil)
}

func (s *server) showDevice(w http.ResponseWriter, r *http.Request, code string, wrong error) error {
	who, status := auth.Of(r.Context()), http.StatusOK
	page := devicePage{frame: s.quietFrame("Let a program in"), Code: code, Who: who, May: auth.Words(who.Grants)}
	if code != "" && wrong == nil {
		var d auth.DeviceLogin
		if d, wrong = s.Devices.Asked(r.Context(), code); wrong == nil {
			page.Login = &d
		}
	}
	if wrong != nil {
		kind := fault.KindOf(wrong)
		if kind == fault.Internal {
			return wrong
		}
		status, page.Mistake = kind.Status(), fault.Message(wrong)
	}
	return s.render(w, r, status, "device", page)
}

// settleDevice serves POST /device: what the person decided.
func (s *server) settleDevice(w http.ResponseWriter, r *http.Request) error {
	code, decision := r.PostFormValue("code"), r.PostFormValue("decision")
	if decision != "approve" && decision != "deny" {
		return s.showDevice(w, r, code, fault.New(fault.Invalid, "Say whether the program may come in."))
	}
	d, err := s.Devices.Settle(r.Context(), code, decision == "approve")
	if err != nil {
		return s.showDevice(w, r, code, err)
	}
	page := devicePage{frame: s.quietFrame("Let a program in"), Settled: "jobctl on " + d.Machine + " was refused."}
	if d.State == auth.DeviceApproved {
		page.Settled = "jobctl on " + d.Machine + " may come in. You can close this page; the token is in your account, where you can revoke it."
	}
	return s.render(w, r, http.StatusOK, "device", page)
}
