import Testing
import WebCore

@Suite("Redaction")
struct RedactionTests {
    @Test(
        "names of secrets are recognised in any case",
        arguments: [
            "password", "Password", "sslPassword", "sslKeysfilePassword", "pass4SymmKey", "PASS4SYMMKEY", "clientSecret", "secret_key",
            "mySecretThing",
            "bindDNpassword", "password2", "clear_password", "api_key", "apiKey", "auth_token", "token", "private_key", "db.passwd",
            "aws_access_key",
        ])
    func secretKeys(_ key: String) {
        #expect(Redaction.isSecretKey(key))
        #expect(Redaction.masked(key: key, value: "hunter2") == "********")
    }

    @Test(
        "names that only speak of secrets are not",
        arguments: [
            "minPasswordLength", "passwordHashAlgorithm", "expirePasswordDays", "pass4SymmKey_minLength", "host", "tokenizer", "key",
            "monitor", "keyring",
        ])
    func plainKeys(_ key: String) {
        #expect(!Redaction.isSecretKey(key))
        #expect(Redaction.masked(key: key, value: "8") == "8")
    }

    @Test("encrypted values are masked wherever they are", arguments: ["$1$abc", "$7$0xAb==", "  $7$x", "user:$1$abc@host", "\"$7$abc\""])
    func secretValues(_ value: String) {
        #expect(Redaction.isSecretValue(value))
        #expect(Redaction.masked(key: "x", value: value) == Redaction.mask)
    }

    @Test("other values are not", arguments: ["", "$1", "a$1$b", "$5$x", "price $7", "$$1$"])
    func plainValues(_ value: String) {
        #expect(!Redaction.isSecretValue(value))
    }

    @Test("an empty value has nothing to hide")
    func empty() {
        #expect(Redaction.masked(key: "password", value: "") == "")
    }
}
