// Package sdktest shows that a plugin keeps the promises of its kind: it runs the plugin, in the process of the test or as the
// program that is shipped, and asks it all that the server will ever ask.
//
//	func TestConformance(t *testing.T) {
//		sdktest.Deploy(t, sdktest.InProcess(deploy.Program(declaration, newTarget)), newDevice)
//	}
//
//	func TestConformanceOfTheProgram(t *testing.T) {
//		sdktest.Deploy(t, sdktest.Process(sdktest.Build(t, ".")), newDevice)
//	}
//
// What the author gives is a function that makes a fresh device (or account) with the settings to reach it, behind a Gate that can
// hold it; a device may be simulated. Plugins in other languages are tested in the same way, as a process.
package sdktest
