import Millrace

/// A Millrace binary with one task type of its own: `HelloTask serve`, `HelloTask worker`, `HelloTask migrate`, …
@main
struct HelloTask {
    static func main() async {
        await Millrace.main { tasks in
            tasks.prepareDatabase { transaction in
                try transaction.execute("CREATE TABLE IF NOT EXISTS greetings (task_id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)")
            }
            tasks.register(
                Greet.self,
                options: .init(retry: .exponentialJitter(maxRetries: 5, base: .seconds(1)), timeout: .seconds(60)),
                Greet.run)
            // In a process of its own: what goes wrong there stays there.
            tasks.register(Shout.self, options: .init(timeout: .seconds(60), isolation: .process(memoryBytes: 256 << 20)), Shout.run)
        }
    }
}
