package campus

import (
	"math/rand/v2"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// teachers are invented, like everybody here. The last one has no e-mail
// address, and therefore no account.
var teachers = []sis.Person{
	{Given: "Ingrid", Family: "Halvorsen", Email: "ingrid.halvorsen@example.edu"},
	{Given: "Tomás", Family: "Echeverría", Email: "tomas.echeverria@example.edu"},
	{Given: "Margaret", Family: "O'Dwyer", Email: "margaret.odwyer@example.edu"},
	{Given: "Kwabena", Family: "Asante", Email: "kwabena.asante@example.edu"},
	{Given: "Yuki", Family: "Tanabe", Email: "yuki.tanabe@example.edu"},
	{Given: "Henrik", Family: "Vossberg"},
}

// first are the names of the first students: what a platform stumbles over
// comes early.
var first = [][2]string{
	{"Siobhán", "O'Brien"},
	{"Zoë", "van der Meer"},
	{"José", "García-Núñez"},
	{"娜", "李"},
	{"Ánh", "Nguyễn Thị"},
	{"Łukasz", "Wójcik"},
	{"Søren", "Østergård"},
	{"ليلى", "حداد"},
	{"Jean-Luc", "D'Angelo"},
	{"Māia", "Te Kanawa"},
	{"Çağla", "Yıldırım"},
	{"Bo", "Ek"},
}

var givens = []string{
	"Amara", "Anton", "Beatriz", "Callum", "Carmen", "Dalia", "Dmitri", "Elena", "Emeka", "Farah", "Felix", "Grace",
	"Hana", "Hugo", "Ines", "Isaac", "Jasmin", "Jonas", "Kavya", "Kofi", "Leona", "Liam", "Mateo", "Mina", "Nadia",
	"Noah", "Olga", "Omar", "Paula", "Priya", "Quentin", "Rosa", "Ruben", "Sadia", "Selma", "Tariq", "Thea", "Uma",
	"Victor", "Wanda", "Xavier", "Yara", "Zainab",
}

var families = []string{
	"Abara", "Bergström", "Castellano", "Dlamini", "Eriksen", "Ferreira", "Grünwald", "Hollis", "Ibarra", "Jansen",
	"Kowalczyk", "Lindqvist", "Moreau", "Nakagawa", "Okonkwo", "Petrov", "Quigley", "Rahman", "Sørensen", "Takahashi",
	"Underhill", "Vasquez", "Whitlock", "Xenakis", "Yilmaz", "Zamora", "Ashworth", "Brennan", "Cavallo", "Delacroix",
	"Farouk", "Gallagher", "Haddad", "Iqbal",
}

// names returns n names, no two alike as long as there are enough.
func names(seed uint64, n int) [][2]string {
	all := append([][2]string(nil), first...)
	dice := rand.New(rand.NewPCG(seed, 0))
	for _, pair := range dice.Perm(len(givens) * len(families)) {
		if len(all) >= n {
			break
		}
		all = append(all, [2]string{givens[pair/len(families)], families[pair%len(families)]})
	}
	for i := 0; len(all) < n; i++ {
		all = append(all, all[i])
	}
	return all[:n]
}
