package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Version returns what the server is.
func (c *Client) Version(ctx context.Context) (Version, error) {
	return get[Version](ctx, c, path("version"), nil)
}

// Tasks returns the catalogue.
func (c *Client) Tasks(ctx context.Context) ([]Task, error) {
	list, err := get[TaskList](ctx, c, path("tasks"), nil)
	return list.Tasks, err
}

// Task returns one task of the catalogue.
func (c *Client) Task(ctx context.Context, name string) (Task, error) {
	return get[Task](ctx, c, path("tasks", name), nil)
}

// Schedules returns every schedule.
func (c *Client) Schedules(ctx context.Context) ([]Schedule, error) {
	list, err := get[ScheduleList](ctx, c, path("schedules"), nil)
	return list.Schedules, err
}

// Schedule returns one schedule.
func (c *Client) Schedule(ctx context.Context, name string) (Schedule, error) {
	return get[Schedule](ctx, c, path("schedules", name), nil)
}

// RunSchedule starts a schedule's job now, beside its timetable.
func (c *Client) RunSchedule(ctx context.Context, name string, r RunSchedule) (Job, error) {
	return post[Job](ctx, c, path("schedules", name, "run"), r)
}

// Slots returns what became of a schedule's due times, newest first. Zero
// times do not restrict.
func (c *Client) Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]Slot, error) {
	q := url.Values{}
	setTime(q, "from", from)
	setTime(q, "to", to)
	setNumber(q, "limit", int64(limit))
	list, err := get[SlotList](ctx, c, path("schedules", schedule, "slots"), q)
	return list.Slots, err
}

// Clients returns every client of the platform.
func (c *Client) Clients(ctx context.Context) ([]Organisation, error) {
	list, err := get[ClientList](ctx, c, path("clients"), nil)
	return list.Clients, err
}

// Client returns one client of the platform.
func (c *Client) Client(ctx context.Context, name string) (Organisation, error) {
	return get[Organisation](ctx, c, path("clients", name), nil)
}

// CreateClient adds a client.
func (c *Client) CreateClient(ctx context.Context, name, title string) (Organisation, error) {
	return post[Organisation](ctx, c, path("clients"), NewClient{Name: name, Title: title})
}

// EditClient gives a client another title.
func (c *Client) EditClient(ctx context.Context, name, title string) (Organisation, error) {
	return post[Organisation](ctx, c, path("clients", name), ClientTitle{Title: title})
}

// DisableClient makes the platform refuse further jobs of a client.
func (c *Client) DisableClient(ctx context.Context, name string) (Organisation, error) {
	return post[Organisation](ctx, c, path("clients", name, "disable"), nil)
}

// EnableClient undoes [Client.DisableClient].
func (c *Client) EnableClient(ctx context.Context, name string) (Organisation, error) {
	return post[Organisation](ctx, c, path("clients", name, "enable"), nil)
}

// Workers returns every worker that was heard of lately.
func (c *Client) Workers(ctx context.Context) ([]Worker, error) {
	list, err := get[WorkerList](ctx, c, path("workers"), nil)
	return list.Workers, err
}

// Locks returns every resource that jobs hold or wait for.
func (c *Client) Locks(ctx context.Context) ([]Lock, error) {
	list, err := get[LockList](ctx, c, path("locks"), nil)
	return list.Locks, err
}

// BreakLocks takes the locks of a running job away and puts it back into its
// queue. The reason is kept in its history.
func (c *Client) BreakLocks(ctx context.Context, id, reason string) (Job, error) {
	return post[Job](ctx, c, path("locks:break"), BreakLocks{Job: id, Reason: reason})
}

// Limits returns every limit, with its use.
func (c *Client) Limits(ctx context.Context) ([]Limit, error) {
	list, err := get[LimitList](ctx, c, path("limits"), nil)
	return list.Limits, err
}

// PutLimit sets an operator's limit.
func (c *Client) PutLimit(ctx context.Context, l NewLimit) (limit Limit, err error) {
	_, err = c.do(ctx, http.MethodPut, path("limits"), l, &limit)
	return limit, err
}

// DeleteLimit removes an operator's limit.
func (c *Client) DeleteLimit(ctx context.Context, task, client string) (limit Limit, err error) {
	q := url.Values{}
	set(q, "task", task)
	set(q, "client", client)
	_, err = c.do(ctx, http.MethodDelete, path("limits")+"?"+q.Encode(), nil, &limit)
	return limit, err
}

func setTime(q url.Values, name string, t time.Time) {
	if !t.IsZero() {
		q.Set(name, t.Format(time.RFC3339))
	}
}
