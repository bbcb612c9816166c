import Foundation
import TestSupport
import Testing

@Suite("Table of transitions")
struct TransitionTableTests {
    @Test("every function below Transitions that is given a connection has an entry, and every entry a function")
    func complete() throws {
        let found = try Self.functions()
        let listed = Set(TransitionTable.entries.keys)
        #expect(found.count > 40)
        #expect(found.subtracting(listed).sorted() == [], "say in TransitionTable how these are tried beside the others")
        #expect(listed.subtracting(found).sorted() == [], "these are gone")
    }

    @Test("every interleaving that an entry names is there, and all are named")
    func named() {
        var named: Set<String> = []
        for entry in TransitionTable.entries.values { if case .interleaved(let names) = entry { named.formUnion(names) } }
        #expect(named == Set(InterleavedTransition.all.map(\.testDescription)))
    }

    /// `File.function` of every function that is not private and takes a connection.
    private static func functions() throws -> Set<String> {
        let folder = RepositoryFiles.root.appendingPathComponent("Sources/TaskEngine/Transitions")
        var found: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".swift") {
            let file = folder.appendingPathComponent(path)
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /\n *(?<modifiers>[a-z ]*)func (?<name>[A-Za-z]+)(?<signature>[^{]*)\{/)
            where !match.modifiers.contains("private") && match.signature.contains("connection: any Connection") {
                found.insert("\(file.deletingPathExtension().lastPathComponent).\(match.name)")
            }
        }
        return found
    }
}
