package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"clients/openapi"
)

// listener collects what the SDK hands on. Its methods are called on the SDK's own goroutine.
type listener struct {
	mutex      sync.Mutex
	problems   []error
	started    bool
	completed  bool
	begun      []int
	ended      []int
	interim    int
	translated map[int]bool
}

type event struct {
	Payload struct {
		Index           int    `json:"index"`
		Time            int    `json:"time"`
		BeginTime       int    `json:"begin_time"`
		Result          string `json:"result"`
		TranslateResult []struct {
			Text  string `json:"text"`
			Index int    `json:"index"`
		} `json:"translate_result"`
	} `json:"payload"`
}

func newListener() *listener {
	return &listener{translated: map[int]bool{}}
}

// note runs take on the event in text, one at a time, and keeps what it finds wrong.
func (l *listener) note(text string, take func(event) error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var heard event
	err := json.Unmarshal([]byte(text), &heard)
	if err == nil {
		err = take(heard)
	}
	if err != nil {
		l.problems = append(l.problems, fmt.Errorf("%w in %s", err, text))
	}
}

func (l *listener) onFailed(text string, _ any) {
	l.note(text, func(event) error { return errors.New("TaskFailed") })
}

func (l *listener) onStarted(text string, _ any) {
	l.note(text, func(event) error { l.started = true; return nil })
}

func (l *listener) onCompleted(text string, _ any) {
	l.note(text, func(event) error { l.completed = true; return nil })
}

func (l *listener) onBegin(text string, _ any) {
	l.note(text, func(heard event) error {
		l.begun = append(l.begun, heard.Payload.Index)
		return nil
	})
}

func (l *listener) onChanged(text string, _ any) {
	l.note(text, func(heard event) error {
		l.interim++
		if heard.Payload.Result == "" {
			return errors.New("an interim result without text")
		}
		return nil
	})
}

func (l *listener) onEnd(text string, _ any) {
	l.note(text, func(heard event) error {
		sentence := heard.Payload
		l.ended = append(l.ended, sentence.Index)
		openapi.Print(openapi.Object{"sentence": sentence.Index, "text": sentence.Result})
		if sentence.Result == "" || sentence.BeginTime >= sentence.Time {
			return errors.New("a sentence without text or length")
		}
		return nil
	})
}

func (l *listener) onTranslated(text string, _ any) {
	l.note(text, func(heard event) error {
		for _, translation := range heard.Payload.TranslateResult {
			if translation.Text == "" {
				return errors.New("a translation without text")
			}
			l.translated[translation.Index] = true
		}
		return nil
	})
}

func (l *listener) problem() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return errors.Join(l.problems...)
}

// check tells what is missing once the stream has ended.
func (l *listener) check() error {
	if err := l.problem(); err != nil {
		return err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if !l.started || !l.completed {
		return fmt.Errorf("started %v, completed %v", l.started, l.completed)
	}
	if len(l.ended) == 0 || len(l.begun) != len(l.ended) {
		return fmt.Errorf("%d sentences began, %d ended", len(l.begun), len(l.ended))
	}
	for place, index := range l.ended {
		if index != place || l.begun[place] != place {
			return fmt.Errorf("sentences are not numbered from 0: %v, %v", l.begun, l.ended)
		}
		if !l.translated[index] {
			return fmt.Errorf("sentence %d was not translated", index)
		}
	}
	if l.interim <= len(l.ended) {
		return fmt.Errorf("only %d interim results for OutputLevel 2", l.interim)
	}
	return nil
}
