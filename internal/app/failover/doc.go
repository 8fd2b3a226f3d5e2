// Package failover shows what a change of master costs. It has no code but
// tests.
//
// Two schedulers and three workers share one ledger, and Sentinels or a Cluster.
// While jobs are enqueued and schedules walk, the master is killed, frozen, or
// loses its replicas for a while and is then killed. Nobody may hold what another
// still holds, judged by a sink that refuses writes with an outdated fence; no
// slot may be doubled or missing; and every job that was acknowledged must end,
// unless only the old master knew of it. How many those are is printed, and how
// many the ledger knew and put back.
//
// `make failover-proof` runs all of it, which takes some minutes.
package failover
