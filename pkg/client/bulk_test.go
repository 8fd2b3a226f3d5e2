package client

import "testing"

func TestManyJobsAreWaitedFor(t *testing.T) {
	c := New("https://beadle.example.edu", "token")
	p := c.patient()
	if p.http.Timeout != 0 || p.server != c.server || p.token != c.token {
		t.Errorf("%+v, of %+v", p, c)
	}
	if c.http.Timeout == 0 {
		t.Error("the others are waited for without an end too")
	}
}
