import Foundation

/// Where the binaries lie that were built together with these tests.
enum MillraceBinary {
    /// - Parameter name: `millrace`, or the example's `HelloTask`.
    /// - Throws: ``HarnessError`` that says how to build it.
    static func path(_ name: String = "millrace") throws -> String {
        let candidates = bundleDirectories + [root.appendingPathComponent(".build/debug").path]
        for directory in candidates where FileManager.default.isExecutableFile(atPath: directory + "/" + name) {
            return directory + "/" + name
        }
        throw HarnessError("no \(name) binary in \(candidates.joined(separator: " or ")): run `swift build --build-tests` first")
    }

    /// The repository's root, which holds `migrations/`.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The directories of the test bundles that the command line names: products are built side by side.
    private static var bundleDirectories: [String] {
        CommandLine.arguments.compactMap { argument in
            guard let bundle = argument.range(of: ".xctest") else { return nil }
            let path = String(argument[..<bundle.upperBound])
            return URL(fileURLWithPath: path).deletingLastPathComponent().path
        }
    }
}

/// Something that a test stands on went wrong.
struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
