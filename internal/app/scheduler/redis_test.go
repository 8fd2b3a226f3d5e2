package scheduler_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// door lets nobody through to a Redis until it is opened.
type door struct {
	t       *testing.T
	address string
	redis   string
}

// shut returns a door at an address where nobody answers.
func shut(t *testing.T, address string) door {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return door{t, l.Addr().String(), address}
}

func (d door) open() {
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", d.redis)
			if err != nil {
				from.Close()
				return
			}
			go func() { _, _ = io.Copy(to, from); to.Close() }()
			go func() { _, _ = io.Copy(from, to); from.Close() }()
		}
	}()
}

func TestServesBeforeRedisAnswers(t *testing.T) {
	i := install(t)
	d := shut(t, i.redis)
	i.redis = d.address
	url, _ := i.scheduler("")

	eventually(t, "an answer", func() bool {
		status, body := get(t, url+"/readyz", "")
		return status == 503 && strings.Contains(body, "Redis does not answer; jobs can be neither started nor run.")
	})
	if status, body := get(t, url+"/jobs", ""); status != 200 {
		t.Errorf("the page of jobs is %d: %.300s", status, body)
	}
	if status, body := get(t, url+"/api/v1/locks", ""); status != 503 {
		t.Errorf("the locks are %d: %s", status, body)
	}
	d.open()
	i.worker(greet)
	ends(t, url)
	if status, body := get(t, url+"/readyz", ""); status != 200 {
		t.Errorf("not ready: %d %s", status, body)
	}
}

func TestWarnsOfARedisThatMayLoseJobs(t *testing.T) {
	i := install(t)
	rdb := i.connect()
	for setting, value := range map[string][2]string{"appendonly": {"no", "yes"}, "maxmemory": {"100mb", "0"}, "maxmemory-policy": {"allkeys-lru", "noeviction"}} {
		if err := rdb.ConfigSet(t.Context(), setting, value[0]).Err(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rdb.ConfigSet(context.WithoutCancel(t.Context()), setting, value[1]).Err() }()
	}
	url, _ := i.scheduler("")
	eventually(t, "the metrics", func() bool {
		_, body := get(t, url+"/metrics", "")
		return strings.Contains(body, `beadle_redis_unsafe{reason="aof"} 1`) && strings.Contains(body, `beadle_redis_unsafe{reason="eviction"} 1`)
	})
	if _, body := get(t, url+"/jobs", ""); !strings.Contains(body, "Set appendonly yes.") || !strings.Contains(body, "Set maxmemory-policy noeviction.") {
		t.Errorf("the page does not warn: %.3000s", body)
	}
}

func TestALimitOutlivesRedis(t *testing.T) {
	i := install(t)
	url, _ := i.scheduler("")
	c := client.New(url, "")
	eventually(t, "a limit to be taken", func() bool {
		_, err := c.PutLimit(t.Context(), client.NewLimit{Task: "greet", Client: "*", Max: 2})
		return err == nil
	})
	rdb := i.connect()
	applied := func() bool {
		all, err := lock.New(rdb).Limits(t.Context())
		return err == nil && len(all) == 1 && all[0].Max == 2
	}
	eventually(t, "the limit", applied)
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the limit to be there again", applied)
}

func TestALineOfABatchIsAJob(t *testing.T) {
	i := install(t)
	url, _ := i.scheduler("")
	i.worker(greet)
	ends(t, url)
	got, err := client.New(url, "").EnqueueBatch(t.Context(), []client.NewJob{
		{Task: "greet", Args: []byte(`{"name":"ann"}`), Key: "k"}, {Task: "greet", Args: []byte(`{}`)}, {Task: "greet", Args: []byte(`{"name":"ann"}`), Key: "k"},
	})
	if err != nil || len(got) != 3 || got[0].ID == "" || got[1].Error == nil || got[2].ID != got[0].ID || !got[2].Existing {
		t.Errorf("lines = %+v, error %v", got, err)
	}
}

func TestTheBacklogOfTheSettingsHoldsBatchesBack(t *testing.T) {
	i := install(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	settings := config.Default()
	settings.Backlog = 1
	o := scheduler.Options{Redis: i.connect(), Ledger: records, Listener: l, Settings: settings, Log: i.log()}
	i.until(func(ctx context.Context) error { return scheduler.Run(ctx, o) })
	stream := redis.XAddArgs{Stream: "beadle:{b}:job:events", Values: []string{"kind", "future", "body", "{}"}}
	if err := i.connect().XAdd(t.Context(), &stream).Err(); err != nil {
		t.Fatal(err)
	}
	_, err = client.New("http://"+l.Addr().String(), "").EnqueueBatch(t.Context(), []client.NewJob{{Task: "greet"}})
	if err == nil || !strings.Contains(err.Error(), "events wait to be recorded") {
		t.Errorf("error = %v", err)
	}
}
