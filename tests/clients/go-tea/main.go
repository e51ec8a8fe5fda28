// Everything of the OpenAPI but a meeting, through darabonba-openapi with ACS3 signatures.
//
//	tasks URL RECORDING_URL MISSING_URL
package main

import "clients/tasks"

func main() {
	tasks.Main(tasks.SDK{
		Client:   "go tea",
		Modules:  []string{module},
		Open:     open,
		Describe: describe,
	})
}
