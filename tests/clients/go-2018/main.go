// Everything of the OpenAPI but a meeting, through alibaba-cloud-sdk-go of 2018.
//
//	tasks URL RECORDING_URL MISSING_URL
package main

import (
	"clients/core"
	"clients/tasks"
)

func main() {
	tasks.Main(tasks.SDK{
		Client:   "go core 2018",
		Modules:  []string{core.Module},
		Open:     core.Open,
		Describe: core.Describe,
	})
}
