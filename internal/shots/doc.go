// Package shots takes the pictures of the dashboard that the manual shows:
//
//	make screenshots
//
// Its test runs always: it opens every main page over a workspace like that of a small company. With IGNISFOX_SCREENSHOTS it
// also takes pictures, in light and dark, wide and narrow, into the folder that names.
package shots
