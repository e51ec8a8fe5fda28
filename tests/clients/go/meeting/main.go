// A realtime meeting through the vendor's Go SDKs, against the server at URL.
//
//	meeting URL WAV
//
// Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not as
// it should be.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	nls "github.com/aliyun/alibabacloud-nls-go-sdk"

	"clients/core"
	"clients/openapi"
)

const (
	program      = "go"
	frameBytes   = 3200 // 100 ms of 16 kHz 16-bit mono
	frameEvery   = 10 * time.Millisecond
	answerWithin = 20 * time.Second
	nlsModule    = "github.com/aliyun/alibabacloud-nls-go-sdk"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		openapi.Print(openapi.Object{"client": program, "failed": err.Error()})
		os.Exit(1)
	}
}

func run(server, wav string) error {
	id, secret := openapi.Credentials()
	client, err := core.Open(server, id, secret)
	if err != nil {
		return err
	}
	created, err := create(client)
	if err != nil {
		return err
	}
	openapi.Print(openapi.Object{"created": created.TaskId})
	said, err := stream(created.MeetingJoinUrl, wav)
	if err != nil {
		return err
	}
	if err := said.check(); err != nil {
		return err
	}
	stopped, err := stop(client, created.TaskId)
	if err != nil {
		return err
	}
	if stopped.TaskStatus != "ONGOING" {
		return fmt.Errorf("stop answers %s", stopped.TaskStatus)
	}
	done, err := openapi.Complete(client, created.TaskId)
	if err != nil {
		return err
	}
	results, err := openapi.Download(done)
	if err != nil {
		return err
	}
	openapi.Print(openapi.Object{
		"client":   program,
		"versions": openapi.Versions(core.Module, nlsModule),
		"runtime":  runtime.Version(),
		"checks": openapi.Object{
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

func create(client openapi.Client) (*openapi.Task, error) {
	return openapi.Put(client, map[string]string{"type": "realtime"}, openapi.Object{
		"AppKey": "go-client",
		"Input": openapi.Object{
			"SourceLanguage": "cn",
			"Format":         "pcm",
			"SampleRate":     16000,
			"TaskKey":        fmt.Sprintf("task_%d", time.Now().Unix()),
		},
		"Parameters": openapi.Object{
			// The vendor's sample sends this object empty.
			"Transcoding":         openapi.Object{},
			"Transcription":       openapi.Object{"OutputLevel": 2},
			"TranslationEnabled":  true,
			"Translation":         openapi.Object{"TargetLanguages": openapi.List{"en"}, "OutputLevel": 2},
			"AutoChaptersEnabled": true,
		},
	})
}

func stop(client openapi.Client, taskID string) (*openapi.Task, error) {
	query := map[string]string{"type": "realtime", "operation": "stop"}
	return openapi.Put(client, query, openapi.Object{
		"AppKey": "go-client", "Input": openapi.Object{"TaskId": taskID},
	})
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
