// Package university invents universities to try things with: persons,
// sections and registrations by the hundred thousand, and the events of a year
// that change them.
//
// A [University] follows from its seed and its size alone. Every row is rolled
// with dice of its own, made of the seed, the kind of row and its number: any
// row can be had without the others, and it does not matter how many
// goroutines make them. There is no clock but the university's own, which
// counts minutes from the first day of the first term.
//
// [University.Timeline] is the year as a list of events: registration opens in
// waves, sections are made ready, students add, drop, come back and swap,
// people marry, teachers leave, classes are cancelled. [University.After] says
// how things stand after the first n of them, and [State.Campus] what a student
// information system would then export.
//
// How often things happen is in rates.go.
package university
