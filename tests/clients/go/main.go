// A realtime meeting through the vendor's Go SDKs, against the server at URL.
//
//	meeting URL WAV
//
// Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not as
// it should be.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	nls "github.com/aliyun/alibabacloud-nls-go-sdk"
)

const (
	client       = "go"
	frameBytes   = 3200 // 100 ms of 16 kHz 16-bit mono
	frameEvery   = 10 * time.Millisecond
	answerWithin = 20 * time.Second
	polls        = 300
)

var sdks = []string{
	"github.com/aliyun/alibabacloud-nls-go-sdk",
	"github.com/aliyun/alibaba-cloud-sdk-go",
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		print(map[string]any{"client": client, "failed": err.Error()})
		os.Exit(1)
	}
}

func run(server, wav string) error {
	tasks, err := newTasks(server)
	if err != nil {
		return err
	}
	created, err := tasks.create()
	if err != nil {
		return err
	}
	print(map[string]any{"created": created.TaskId})
	said, err := stream(created.MeetingJoinUrl, wav)
	if err != nil {
		return err
	}
	if err := said.check(); err != nil {
		return err
	}
	stopped, err := tasks.stop(created.TaskId)
	if err != nil {
		return err
	}
	if stopped.TaskStatus != "ONGOING" {
		return fmt.Errorf("stop answers %s", stopped.TaskStatus)
	}
	done, err := tasks.complete(created.TaskId)
	if err != nil {
		return err
	}
	results, err := download(done)
	if err != nil {
		return err
	}
	print(map[string]any{
		"client":   client,
		"versions": versions(),
		"runtime":  runtime.Version(),
		"checks": map[string]any{
			"started":      said.started,
			"sentences":    len(said.ended),
			"interim":      said.interim,
			"translations": len(said.translated),
			"completed":    said.completed,
			"stopped":      stopped.TaskStatus,
			"status":       done.TaskStatus,
			"results":      results,
		},
	})
	return nil
}

func stream(meetingJoinURL, wav string) (*listener, error) {
	audio, err := os.ReadFile(wav)
	if err != nil {
		return nil, err
	}
	said := newListener()
	config := nls.NewConnectionConfigWithToken(meetingJoinURL, "default", "default")
	logger := nls.NewNlsLogger(os.Stderr, "", 0)
	transcription, err := nls.NewSpeechTranscription(config, logger,
		said.onFailed, said.onStarted, said.onBegin, said.onEnd, said.onChanged, said.onCompleted,
		func(any) {}, nil)
	if err != nil {
		return nil, err
	}
	// The SDK knows no ResultTranslated; this is its door for events of other names.
	transcription.SetCustomHandler("ResultTranslated", said.onTranslated)
	defer transcription.Shutdown()

	ready, err := transcription.Start(nls.DefaultSpeechTranscriptionParam(), nil)
	if err != nil {
		return nil, err
	}
	if err := wait(ready, "start"); err != nil {
		return nil, errors.Join(err, said.problem())
	}
	for frame := range slices.Chunk(audio, frameBytes) {
		if err := transcription.SendAudioData(frame); err != nil {
			return nil, err
		}
		time.Sleep(frameEvery)
	}
	ready, err = transcription.Stop()
	if err != nil {
		return nil, err
	}
	if err := wait(ready, "stop"); err != nil {
		return nil, errors.Join(err, said.problem())
	}
	return said, nil
}

func wait(ready chan bool, what string) error {
	select {
	case ok := <-ready:
		if !ok {
			return fmt.Errorf("%s was refused", what)
		}
		return nil
	case <-time.After(answerWithin):
		return fmt.Errorf("%s was not answered", what)
	}
}

// download reads every result of a task and gives their names in order.
func download(task *taskData) ([]string, error) {
	var names []string
	for name, link := range task.Result {
		response, err := http.Get(link)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answers %s", name, response.Status)
		}
		var result map[string]any
		if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if result["TaskId"] != task.TaskId || result[name] == nil {
			return nil, fmt.Errorf("%s is not of task %s, or empty", name, task.TaskId)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// versions are those of the SDKs in this very binary.
func versions() map[string]string {
	found := map[string]string{}
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if slices.Contains(sdks, module.Path) {
			found[module.Path] = module.Version
		}
	}
	return found
}

func print(line map[string]any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		panic(err)
	}
}
