/// Why a text is no cron expression that could be used: a sentence for whoever wrote it, which does not repeat the text.
package struct CronError: Error, Sendable, Equatable {
    /// What is wrong, in the manner of "must have five fields".
    package let message: String

    init(_ message: String) {
        self.message = message
    }
}
