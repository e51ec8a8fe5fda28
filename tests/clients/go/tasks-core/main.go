// Everything of the OpenAPI but a meeting, through alibaba-cloud-sdk-go.
//
//	tasks-core URL RECORDING_URL MISSING_URL
package main

import (
	"clients/core"
	"clients/tasks"
)

func main() {
	tasks.Main(tasks.SDK{
		Client:   "go core",
		Modules:  []string{core.Module},
		Open:     core.Open,
		Describe: core.Describe,
		Peculiar: core.Peculiar,
	})
}
