package university

import (
	"fmt"
	"math/rand/v2"
)

// A word is part of a name, and how it is written in an e-mail address.
type word struct{ text, plain string }

// A script is names that go together.
type script struct {
	of       int // a hundred people
	givens   []word
	families []word
}

// scripts are what a platform has to cope with.
var scripts = []script{
	{62, same(
		"Amara", "Anton", "Beatriz", "Callum", "Carmen", "Dalia", "Dmitri", "Elena", "Emeka", "Farah", "Felix", "Grace",
		"Hana", "Hugo", "Ines", "Isaac", "Jasmin", "Jonas", "Kavya", "Kofi", "Leona", "Liam", "Mateo", "Mina", "Nadia",
		"Noah", "Olga", "Omar", "Paula", "Priya", "Quentin", "Rosa", "Ruben", "Sadia", "Selma", "Tariq", "Thea", "Uma",
		"Victor", "Wanda", "Xavier", "Yara", "Zainab"), same(
		"Abara", "Castellano", "Dlamini", "Eriksen", "Ferreira", "Hollis", "Ibarra", "Jansen", "Kowalczyk", "Lindqvist",
		"Moreau", "Nakagawa", "Okonkwo", "Petrov", "Quigley", "Rahman", "Takahashi", "Underhill", "Vasquez", "Whitlock",
		"Xenakis", "Zamora", "Ashworth", "Brennan", "Cavallo", "Delacroix", "Farouk", "Gallagher", "Iqbal")},
	{16, []word{
		{"Zoë", "zoe"},
		{"José", "jose"},
		{"Łukasz", "lukasz"},
		{"Søren", "soren"},
		{"Siobhán", "siobhan"},
		{"Māia", "maia"},
		{"Ánh", "anh"},
		{"Jean-Luc", "jean-luc"},
		{"Björk", "bjork"},
		{"Renée", "renee"},
		{"Štěpán", "stepan"},
	}, []word{
		{"O'Brien", "obrien"},
		{"D'Angelo", "dangelo"},
		{"van der Meer", "vandermeer"},
		{"García-Núñez", "garcia-nunez"},
		{"Nguyễn Thị", "nguyenthi"},
		{"Wójcik", "wojcik"},
		{"Østergård", "ostergard"},
		{"Te Kanawa", "tekanawa"},
		{"Grünwald", "gruenwald"},
		{"Sørensen", "soerensen"},
		{"O’Dwyer", "odwyer"},
	}},
	{5, []word{{"Çağla", "cagla"}, {"İlker", "ilker"}, {"Işıl", "isil"}, {"Ümit", "umit"}}, []word{
		{"Yıldırım", "yildirim"}, {"Işık", "isik"}, {"Şahin", "sahin"}, {"Özgür", "ozgur"},
	}},
	{5, []word{{"Ольга", "olga"}, {"Дмитрий", "dmitrij"}, {"Наталія", "natalija"}, {"Ђорђе", "dorde"}}, []word{
		{"Иванова", "ivanova"}, {"Шевченко", "shevchenko"}, {"Щербаков", "scherbakov"}, {"Јовановић", "jovanovic"},
	}},
	{4, []word{{"ليلى", "layla"}, {"يوسف", "yusuf"}, {"فاطمة", "fatima"}}, []word{
		{"حداد", "haddad"}, {"الزهراني", "alzahrani"}, {"بن يوسف", "benyusuf"},
	}},
	{5, []word{{"娜", "na"}, {"伟", "wei"}, {"さくら", "sakura"}, {"지우", "jiwoo"}}, []word{
		{"李", "li"}, {"欧阳", "ouyang"}, {"𠮷田", "yoshida"}, {"김", "kim"},
	}},
	{2, []word{{"FNU", "fnu"}}, []word{{"Suharto", "suharto"}, {"Björk", "bjork"}, {"Maung", "maung"}}}, // people of one name
	{1, []word{{"Wolfeschlegelsteinhausenbergerdorff Maximilian Konstantin Sebastian", "wolfe"}, {"Bo", "bo"}, {"Mia 🌻", "mia"}}, []word{
		{"Keihanaikukauakahihuliheekahaunaele", "keihana"}, {"Ek", "ek"}, {"de la Santísima Trinidad y Todos los Santos", "trinidad"},
	}},
}

// same makes words of names that addresses need not change.
func same(names ...string) (words []word) {
	for _, n := range names {
		words = append(words, word{n, n})
	}
	return words
}

// scriptOf rolls the script of somebody's name.
func scriptOf(dice *rand.Rand) script {
	at := dice.IntN(100)
	for _, s := range scripts {
		if at -= s.of; at < 0 {
			return s
		}
	}
	return scripts[0]
}

var subjects = []struct{ code, title string }{
	{"ACCT", "Accounting"},
	{"ANTH", "Anthropology"},
	{"ARCH", "Architecture"},
	{"ART", "Studio Art"},
	{"ASTR", "Astronomy"},
	{"BIO", "Biology"},
	{"CHEM", "Chemistry"},
	{"CIVE", "Civil Engineering"},
	{"GREK", "Greek"},
	{"CS", "Computer Science"},
	{"DANC", "Dance"},
	{"ECON", "Economics"},
	{"EDUC", "Education"},
	{"ENGL", "English"},
	{"ENVS", "Environmental Science"},
	{"FREN", "Français"},
	{"GEOG", "Geography"},
	{"GEOL", "Geology"},
	{"GERM", "Deutsch für Anfänger"},
	{"HIST", "History"},
	{"JAPN", "日本語"},
	{"LAW", "Law"},
	{"LING", "Linguistics"},
	{"MATH", "Mathematics"},
	{"MUS", "Music"},
	{"NURS", "Nursing"},
	{"PHIL", "Philosophy"},
	{"PHYS", "Physics"},
	{"POLS", "Politics"},
	{"PSY", "Psychology"},
	{"RUSS", "Русский язык"},
	{"SOC", "Sociology"},
	{"SPAN", "Español"},
	{"STAT", "Statistics"},
	{"THEA", "Theatre"},
}

var schools = []string{"Arts", "Business", "Engineering", "Law & Society", "Science"}

// courseCode and courseTitle name the n-th course of the catalogue.
func courseCode(n int) string {
	return fmt.Sprintf("%s-%d", subjects[n%len(subjects)].code, 101+n/len(subjects))
}

func courseTitle(n int) string {
	return fmt.Sprintf("%s %d", subjects[n%len(subjects)].title, 1+n/len(subjects))
}
