import Foundation
import TaskEngine
import TestSupport
import Testing

/// The states are told three times: in Swift, in SQL and in the documentation.
@Suite("Task states")
struct TaskStateTests {
    private let names = Set(TaskState.allCases.map(\.rawValue))

    @Test("the CHECK constraint on tasks.state allows the states of TaskState and no other")
    func constraint() throws {
        let text = try RepositoryFiles.text("migrations/0002_tasks.sql")
        let table = try #require(text.components(separatedBy: "CREATE TABLE tasks (").last?.components(separatedBy: ");\n").first)
        let list = try #require(table.firstMatch(of: /state TEXT NOT NULL CHECK \(state IN \(([^)]*)\)\)/)?.1)
        #expect(Set(list.matches(of: /'([a-z_]+)'/).map { String($0.1) }) == names)
        let terminal = try #require(table.firstMatch(of: /CHECK \(\(state IN \(([^)]*)\)\) = \(finished_at IS NOT NULL\)\)/)?.1)
        #expect(
            Set(terminal.matches(of: /'([a-z_]+)'/).map { String($0.1) }) == Set(TaskState.allCases.filter(\.isTerminal).map(\.rawValue)))
    }

    @Test("the CHECK constraint on attempts.outcome allows the outcomes of AttemptOutcome and no other")
    func outcomes() throws {
        let text = try RepositoryFiles.text("migrations/0002_tasks.sql")
        let list = try #require(text.firstMatch(of: /outcome TEXT NOT NULL CHECK \(outcome IN \(([^)]*)\)\)/)?.1)
        #expect(Set(list.matches(of: /'([a-z_]+)'/).map { String($0.1) }) == Set(AttemptOutcome.allCases.map(\.rawValue)))
    }

    @Test("the table and the drawing in docs/state-machine.md name the states of TaskState and no other")
    func documentation() throws {
        let text = try RepositoryFiles.text("docs/state-machine.md")
        let table = try #require(text.components(separatedBy: "| state |").dropFirst().first?.components(separatedBy: "\n\n").first)
        #expect(Set(table.matches(of: /\n\| `([a-z_]+)` \|/).map { String($0.1) }) == names)
        let drawing = try #require(text.components(separatedBy: "stateDiagram-v2").dropFirst().first?.components(separatedBy: "```").first)
        let drawn = drawing.matches(of: /(\S+) --> ([a-z_]+|\[\*\])/).flatMap { [String($0.1), String($0.2)] }
        #expect(Set(drawn).subtracting(["[*]"]) == names)
    }
}
