import Foundation

/// Tests that take minutes: `make test-full` runs them, `make test` leaves them out or runs a short form.
enum LongTests {
    static let areOn = ProcessInfo.processInfo.environment["MILLRACE_TEST_LONG"] == "1"
}
