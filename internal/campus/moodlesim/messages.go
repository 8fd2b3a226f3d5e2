package moodlesim

import (
	"strconv"
	"time"
)

// A Message is a personal message of the service user.
type Message struct {
	ID   int    `json:"id"`
	To   int    `json:"to"`
	Text string `json:"text"`
}

// AddMessage stores a message, unchecked.
func (s *Site) AddMessage(to int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putMessage(to, text)
}

func (s *Site) putMessage(to int, text string) Message {
	m := Message{ID: len(s.messages) + 1, To: to, Text: text}
	s.messages = append(s.messages, m)
	return m
}

// conversation returns the number of the conversation with somebody, who has
// got a message: the first is with the one who got the first.
func (s *Site) conversation(with int) int {
	seen := map[int]bool{}
	for _, m := range s.messages {
		seen[m.To] = true
		if m.To == with {
			break
		}
	}
	return len(seen)
}

// sendMessages sends what it can. If somebody is unknown the answer cannot be
// written, though the others have got theirs.
func (s *Site) sendMessages(args *array) (any, error) {
	sent, unknown := []object{}, false
	for _, row := range args.rows("messages") {
		to, _ := strconv.Atoi(row.text("touserid"))
		if u := s.users[to]; u == nil || u.Deleted {
			unknown = true
			continue
		}
		m := s.putMessage(to, "<p>"+row.text("text")+"</p>")
		o := object{{"msgid", m.ID}}.with("clientmsgid", row.text("clientmsgid"))
		sent = append(sent, append(o,
			pair{"text", m.Text},
			pair{"timecreated", toUnix(time.Now())},
			pair{"conversationid", s.conversation(to)},
			pair{"useridfrom", serviceID},
			pair{"candeletemessagesforallusers", false}))
	}
	if unknown {
		return nil, refuse("formatnotsupported", "webservice/formatnotsupported")
	}
	return sent, nil
}

// getNotifications finds none: no service function can send one.
func (s *Site) getNotifications(*array) (any, error) {
	return object{{"notifications", []object{}}, {"unreadcount", 0}}, nil
}
