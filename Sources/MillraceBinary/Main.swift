import Commands

/// The `millrace` executable. Its commands are a library, so that a team's own binary can have them as well.
@main
struct Main {
    static func main() async {
        await MillraceCommand.run()
    }
}
