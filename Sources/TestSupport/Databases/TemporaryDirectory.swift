package import Foundation

/// A directory of one test's own.
package struct TemporaryDirectory: Sendable {
    /// The directory; it exists.
    package let url: URL

    /// Makes one under the system's temporary directory. ``withTemporaryDirectory(_:)`` also removes it.
    package init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// The path of `name` inside, which need not exist.
    package func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes `text` to `name` and returns its path.
    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    /// Removes the directory with all that is in it.
    package func remove() throws {
        try FileManager.default.removeItem(at: url)
    }
}

/// Runs `body` with a fresh directory, which is removed however `body` ends.
package func withTemporaryDirectory<Result>(_ body: (TemporaryDirectory) async throws -> Result) async throws -> Result {
    let directory = try TemporaryDirectory()
    do {
        let result = try await body(directory)
        try directory.remove()
        return result
    } catch {
        try directory.remove()
        throw error
    }
}
