// Clock prints what it believes to be the time, and how long it has slept.
package main

import (
	"os"
	"strconv"
	"time"
)

func main() {
	start := time.Now()
	time.Sleep(20 * time.Millisecond)
	_, _ = os.Stdout.WriteString(strconv.FormatInt(start.Unix(), 10) + " " + time.Since(start).String() + "\n")
}
