import ArgumentParser

@main
struct Millrace: AsyncParsableCommand {
    mutating func run() async throws {}
}
