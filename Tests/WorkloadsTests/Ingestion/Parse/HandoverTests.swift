import TestSupport
import Testing
import Workloads

@Suite("A hand-over between stages", .timeLimit(.minutes(5)))
struct HandoverTests {
    @Test("gives what was put, in its order, to its takers")
    func order() async throws {
        let queue = Handover<Int>(capacity: 3)
        try await withThrowingTaskGroup(of: [Int].self) { group in
            group.addTask {
                for number in 1...500 { try await queue.put(number, cost: 1) }
                queue.finish()
                return []
            }
            for _ in 0..<3 {
                group.addTask {
                    var taken: [Int] = []
                    while let number = try await queue.take() { taken.append(number) }
                    return taken
                }
            }
            var all: [Int] = []
            for try await taken in group {
                #expect(taken == taken.sorted())
                all += taken
            }
            #expect(all.sorted() == Array(1...500))
        }
    }

    @Test("holds one element above its capacity at most")
    func bound() async throws {
        let queue = Handover<Int>(capacity: 10)
        let put = TestSignal<Int>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 1...5 {
                    try await queue.put(number, cost: 6)
                    put.send(number)
                }
                queue.finish()
            }
            // The second is in, and waits: 12 of 10.
            try await put.wait(for: 1)
            #expect(put.values == [1])
            #expect(try await queue.take() == 1)
            try await put.wait(for: 2)
            #expect(put.values.count <= 2)
            for number in 2...5 { #expect(try await queue.take() == number) }
            #expect(try await queue.take() == nil)
            try await group.waitForAll()
        }
    }

    @Test("ends every wait when one who waits is cancelled")
    func cancellation() async throws {
        let queue = Handover<Int>(capacity: 0)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await queue.put(1, cost: 1)
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            #expect(await group.next() == true)
        }
        await #expect(throws: CancellationError.self) { try await queue.take() }
        await #expect(throws: CancellationError.self) { try await queue.put(2, cost: 0) }
    }
}
