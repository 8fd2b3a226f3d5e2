package ops_test

// eventOnly are queries that have nothing to show while all is well and nobody
// does anything, with the reason. The run need not make them happen.
var eventOnly = map[string]string{}
