// Written by scripts/fixtures/make_meshopt_fixtures.py; do not edit.
internal import LODEngine
internal import Testing

/// A stream by another encoder and what it holds.
struct MeshoptFixture: CustomTestStringConvertible {
    let name: String
    let mode: MeshoptMode
    let filter: MeshoptFilter
    let count: Int
    let byteStride: Int
    /// FNV-1a of the decoded bytes.
    let digest: UInt64
    /// The stream, in hexadecimal.
    let encoded: String
    /// The decoded bytes in hexadecimal, where they are few.
    let decoded: String

    var testDescription: String { name }

    static let all: [MeshoptFixture] = [
        MeshoptFixture(
            name: "smooth shorts over several blocks, version 0",
            mode: .attributes,
            filter: .none,
            count: 289,
            byteStride: 16,
            digest: 0x6a8a_545b_31b9_cff0,
            encoded: """
                a0ffffffff00646464646464646464646464646464643f646464646464646464646464646464643f646464646464646464646464\
                646464643f646464646464646464646464646464643f646464646464646464646464646464643f64646464646464646464646464\
                6464643f646464646464646464646464646464643f646464646464646464646464646464643f6464646464646464646464646464\
                64643f646464646464646464646464646464643f646464646464646464646464646464643f646464646464646464646464646464\
                643f646464646464646464646464646464643f646464646464646464646464646464643f64646464646464646464646464646464\
                3f5555555500080200b0020080052c008020050b0020080502c008020500b0020005802c008005200b0020050802c008050200b0\
                020500802c000580200b0005200802c005080200b0050200802c050080200b055455555530000000640c00000064030000006400\
                c00000640030000064000c00006400030000640000c00064000030006400000c00640000030064000000c0640000003064000000\
                0c640000000364001040000008000000000200ffffffff00121977f37629c7ae4201170148b4bd21ff121977f37629c7ae420117\
                0148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae42011701\
                48b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148\
                b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4\
                bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd\
                21ff121977f37629c7ae4201170148b4bd21ff555555552280555438a01555080e28055508438a01550850e28055085438a01508\
                550e28050855438a01085550e28008555438a00815550e28080555438a08015550e2088055543808a015550e0828055543080000\
                000000000000aaaaaaaa09046b24320300840345023163252182212ba5472436456b6256320144b020201024217802701a516103\
                1a53c502124b480714453020a78370a29040011226340313872203400543242308158567603132a5619614343116238115269421\
                1a0094162054765890c74150854365636508b0a314341108033407a589640732a107555555551212400800049908019926018661\
                84000206042481248001212100984848108001921810212181810806664218124920660066498499999248661206199810810000\
                000000000000000000000000000000000000000000001f646464646464646464646464646464643f646464646464646464646464\
                646464c0000000641500200802c0080200058000000004c00000006404800000001f121977f37629c7ae4201170148b4bd21ff12\
                1977f37629c7ae4201170148b4bdc000000021058a015550e28055540800001a143c9120221224bc5207201600067218c0000000\
                091502402606010200664000000000000000000000000000000000000000000000000000000000000000000003004d0000000000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "floats, version 0",
            mode: .attributes,
            filter: .none,
            count: 80,
            byteStride: 12,
            digest: 0xaa68_39b6_721c_bcfe,
            encoded: """
                a0ff03006500656666cbcdcbcdcb656567656565666500656666cbcdcbcdcb656567656565666500656666cbcdcbcdcb65656765\
                6565666500656666cbcdcbcdcb656567656565666500656666cbcdcbcdcb65ff03006700656668cdcbcdcbcb6765656565676867\
                00656668cdcbcdcbcb676565656567686700656668cdcbcdcbcb676565656567686700656668cdcbcdcbcb676565656567686700\
                656668cdcbcdcbcb67ff030067ff9a66683234323434181a1a1a1a186867ff9a66683234323434181a1a1a1a186867ff9a666832\
                34323434181a1a1a1a186867ff9a66683234323434181a1a1a1a186867ff9a66683234323434185501382000007a3e0800007d7a\
                0f8200007d7a03e080007d7a00f820007d7a540130000000b70c00000026030000001800c0000018540130000000d40c000000ba\
                030000008b00c0000078540130000000ae0c0000002203000000af00c00000624401300000007e0100000000c00000fd00000000\
                00000000000000000000000000000000000000000000000000000000000000000000803f
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "noise, version 0",
            mode: .attributes,
            filter: .none,
            count: 21,
            byteStride: 4,
            digest: 0x2e15_9cb6_271a_c5e5,
            encoded: """
                a00700ea20f43d5605de821eb0171269015affc000009161f7b3210700225808018cdda18c9dbd6d12865efbffc000000d5df784\
                6507000479f01c306ad89ef03e2f3fb84df2ffc0000021c2cde6410700717e9d21baf626a0f002204a9d6291ffc000009086b764\
                08000000000000000000000000000000000000000000000000000000002fd3da1a
                """,
            decoded: """
                2fd3da1aa4e4dce1b4109f202e1417d10f1325c03a593d1d37ea7298a699deabe7df2dfbf690a5734e31c47442faac844b038ca9\
                1646e85a1575c18b42f73a42f9f0298ac8c18acd4c452371f28796a3e15475a7
                """
        ),
        MeshoptFixture(
            name: "the widest element, version 0",
            mode: .attributes,
            filter: .none,
            count: 70,
            byteStride: 256,
            digest: 0xad54_0d3b_6635_3690,
            encoded: """
                a0052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaa\
                aaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa00000000\
                0000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaa\
                aaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000\
                000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaa\
                aaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa0000\
                00000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaa\
                aaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa00\
                0000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052a\
                aaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa\
                000000000000052aaaaaaaaaaaaaaa000000000000052aaaaaaaaaaaaaaa00000005aaaaaaaaaaaaaaaa00000000000005aaaaaa\
                aaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa0000\
                0000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaa\
                aaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00\
                000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aa\
                aaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa\
                00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005\
                aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaa\
                aa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa000000000000\
                05aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaa\
                aaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa00000000000005aaaaaaaaaaaaaaaa0000000000\
                0005aaaaaaaaaaaaaaaa00000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000\
                000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0\
                000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa00000000000000000\
                01aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa00000000000\
                00000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa00000\
                00000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aa\
                a0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa000000000000000\
                0001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa0000000000000000001aaa000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "one element, version 0",
            mode: .attributes,
            filter: .none,
            count: 1,
            byteStride: 4,
            digest: 0xbe7a_5e77_5165_785d,
            encoded: """
                a0000000000000000000000000000000000000000000000000000000000000000001020304
                """,
            decoded: """
                01020304
                """
        ),
        MeshoptFixture(
            name: "smooth shorts over several blocks, version 1",
            mode: .attributes,
            filter: .none,
            count: 289,
            byteStride: 16,
            digest: 0x6a8a_545b_31b9_cff0,
            encoded: """
                a183a7a9aa00646464646464646464646464646464643f646464646464646464646464646464643f646464646464646464646464\
                646464643f646464646464646464646464646464643f646464646464646464646464646464643f64646464646464646464646464\
                6464643f646464646464646464646464646464643f646464646464646464646464646464643f6464646464646464646464646464\
                64643f646464646464646464646464646464643f646464646464646464646464646464643f646464646464646464646464646464\
                643f646464646464646464646464646464643f646464646464646464646464646464643f64646464646464646464646464646464\
                3f545555550200060400060800061000062000064000068000060001060002060004060008060010060020060040060080065455\
                555502006404006408006410006420006440006480006400016400026400046400086400106400206400406400806400121977f3\
                7629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f376\
                29c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629\
                c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7\
                ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae\
                4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff121977f37629c7ae4201170148b4bd21ff555555552280555438\
                a01555080e28055508438a01550850e28055085438a01508550e28050855438a01085550e28008555438a00815550e2808055543\
                8a08015550e2088055543808a015550e082805554308aaaaaaaa09046b24320300840345023163252182212ba5472436456b6256\
                320144b020201024217802701a5161031a53c502124b480714453020a78370a29040011226340313872203400543242308158567\
                603132a56196143431162381152694211a0094162054765890c74150854365636508b0a314341108033407a589640732a10783a3\
                a9aa646464646464646464646464646464643f646464646464646464646464646464640401000604010064121977f37629c7ae42\
                01170148b4bd21ff121977f37629c7ae4201170148b4bd210a8a015550e2805554080a143c9120221224bc520720160006721801\
                000900000000000000000000000003004d000000000001000100
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "floats, version 1",
            mode: .attributes,
            filter: .none,
            count: 80,
            byteStride: 12,
            digest: 0xaa68_39b6_721c_bcfe,
            encoded: """
                a17f00aa006500656666cbcdcbcdcb656567656565666500656666cbcdcbcdcb656567656565666500656666cbcdcbcdcb656567\
                656565666500656666cbcdcbcdcb656567656565666500656666cbcdcbcdcb65006600666666cccccccccc666666666666666600\
                666666cccccccccc666666666666666600666666cccccccccc666666666666666600666666cccccccccc66666666666666660066\
                6666cccccccccc660098009a66683234323434181a1a1a1a189798009a66683234323434181a1a1a1a189798009a666832343234\
                34181a1a1a1a189798009a66683234323434181a1a1a1a189798009a6668323432343418000006007b010e007f7b011c007f7b01\
                38007f7b0170007f7b0154010200b704002608001810001854010200d40400ba08008b10007854010200ae0400220800af100062\
                440102007e0800011000fd00000000000000000000000000000000000000803f010000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "noise, version 1",
            mode: .attributes,
            filter: .none,
            count: 21,
            byteStride: 4,
            digest: 0x2e15_9cb6_271a_c5e5,
            encoded: """
                a1ff00ea20f43d5605de821eb0171269015a9161f7b32100225808018cdda18c9dbd6d12865efb0d5df78465000479f01c306ad8\
                9ef03e2f3fb84df221c2cde64100717e9d21baf626a0f002204a9d62919086b76408000000000000000000000000000000000000\
                002fd3da1a00
                """,
            decoded: """
                2fd3da1aa4e4dce1b4109f202e1417d10f1325c03a593d1d37ea7298a699deabe7df2dfbf690a5734e31c47442faac844b038ca9\
                1646e85a1575c18b42f73a42f9f0298ac8c18acd4c452371f28796a3e15475a7
                """
        ),
        MeshoptFixture(
            name: "the widest element, version 1",
            mode: .attributes,
            filter: .none,
            count: 70,
            byteStride: 256,
            digest: 0xad54_0d3b_6635_3690,
            encoded: """
                a1a96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96a\
                aa9aaaa6aaa96aaa9aaaa6aaa9052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaa\
                aaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa05\
                2aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaa\
                aa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaa\
                aaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaa\
                aaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052a\
                aaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaa052aaaaaaaaaaaaaaaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9a\
                aaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa905aaaaaaaaaa\
                aaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaa\
                aaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aa\
                aaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa\
                05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaa\
                aaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaa\
                aaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaaaaaaaaaaaaaa05aaaa\
                aaaaaaaaaaaa05aaaaaaaaaaaaaaaaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96a\
                aa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa96aaa9aaaa6aaa901aaa0000001aaa0000001aaa0000001aaa0000001aaa00000\
                01aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aa\
                a0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa000\
                0001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001aaa0000001\
                aaa00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
                000000000000000000000000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "one element, version 1",
            mode: .attributes,
            filter: .none,
            count: 1,
            byteStride: 4,
            digest: 0xbe7a_5e77_5165_785d,
            encoded: """
                a1aa000000000000000000000000000000000000000102030400
                """,
            decoded: """
                01020304
                """
        ),
        MeshoptFixture(
            name: "a grid in order of 2 bytes",
            mode: .triangles,
            filter: .none,
            count: 900,
            byteStride: 2,
            digest: 0x4bea_0a29_983a_5201,
            encoded: """
                e1fe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e10\
                0e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e10\
                0e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e10\
                0e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e10\
                0e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e10\
                0e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e0f220f020f020f020f020f\
                020f020f020f020f02007687566778a9866589689801690000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "a grid for the vertex cache of 2 bytes",
            mode: .triangles,
            filter: .none,
            count: 900,
            byteStride: 2,
            digest: 0xaeae_2f6f_d042_3871,
            encoded: """
                e1fe1e0f303e0f4f02307f0f7f028f0130bf0fbf02bf01cf0130ff1fff13af102f0aff1542bf10ef128f112f0acf10cf12cf11ff\
                22df10df12df11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf\
                12cf11cf11cf100e4f064e013e7f087e018e013ebf0bbe01be01ce013e0f1e7f12ff122d0adf1edf12cd112d05cf1ecf12cd112d\
                05cf1e0f1e2f8f11282f3f11292f3f112a2f0f0c3f3f0f4f023f7f0f7f028f013fbf0f1d5f165f112fff23ff212f8f057f018f01\
                3fff152fef025f112fff232f185f04ef112f9f146f119f112f1f0f6f02ef013f1cdf0fdf02df013f15df0fdf02df013f15df0f1f\
                5f165d112d1f1e142fef023b7f112f6f023e7f122f1e4f01343f2f013f3f2f013f3f2f013f3f2f011f0f2220203f42203f1f6220\
                3f1f1ff5602220f361225f20f501223d2020205d2020f501225d2020205d2020205d2020205d2020205d2020205d2020205d2020\
                205d1e1c1a20036f2322280328032820032120212021202120411f4020611f40202081011f4221219864982020612020209fa101\
                2021422121986420412121642121212021442222672144222267214422226721202422201d20201d1e201f221f1f421f1f421f1f\
                421f22007687566778a9866589689801690000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "a shuffled grid of 2 bytes",
            mode: .triangles,
            filter: .none,
            count: 90,
            byteStride: 2,
            digest: 0xec57_04f2_ff4b_e5e5,
            encoded: """
                e1ffffffffffffffffffffffff1fffffffffffffffffffffffffffffffffffffa8020220ff1d0220ff87020220ff0422011f2120\
                ff98010220ffc9012201ff220220ff4d2201ff88010220ffcf010220ff8101220122ff462201ffc7010220ffdc010220fff30122\
                01ff042201ff3c0220ff062201ff91010220ff9c010220f23f22ffa1020220ffaa012201ff5f2201ff2d2201ff1b0220ff180220\
                ff422201007687566778a9866589689801690000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "a strip of 2 bytes",
            mode: .indices,
            filter: .none,
            count: 120,
            byteStride: 2,
            digest: 0x9e72_3523_fc23_ca19,
            encoded: """
                d100443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e\
                443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e\
                443e443e443e443e443e443e443e443e4400000000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "scattered indices of 2 bytes",
            mode: .indices,
            filter: .none,
            count: 40,
            byteStride: 2,
            digest: 0xfc13_55ad_ca3c_2d75,
            encoded: """
                d1ed03a40532db01f2032af105c40320d7078401522ea50721537e18143bd6020e0fc002ab012986023a07c402319805b3049e02\
                a103493d29aa02e50200000000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "a grid in order of 4 bytes",
            mode: .triangles,
            filter: .none,
            count: 900,
            byteStride: 4,
            digest: 0x3c0b_5229_c6a0_b769,
            encoded: """
                e1fe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e10\
                0e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e10\
                0e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e10\
                0e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e10\
                0e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e10\
                0e100e100e100e100e100e100e100e100e100e100e100e100e100e100efe1e100e100e100e100e100e0f220f020f020f020f020f\
                020f020f020f020f02007687566778a9866589689801690000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "a grid for the vertex cache of 4 bytes",
            mode: .triangles,
            filter: .none,
            count: 900,
            byteStride: 4,
            digest: 0x2251_2889_859d_18e9,
            encoded: """
                e1fe1e0f303e0f4f02307f0f7f028f0130bf0fbf02bf01cf0130ff1fff13af102f0aff1542bf10ef128f112f0acf10cf12cf11ff\
                22df10df12df11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf12cf11cf11cf10cf\
                12cf11cf11cf100e4f064e013e7f087e018e013ebf0bbe01be01ce013e0f1e7f12ff122d0adf1edf12cd112d05cf1ecf12cd112d\
                05cf1e0f1e2f8f11282f3f11292f3f112a2f0f0c3f3f0f4f023f7f0f7f028f013fbf0f1d5f165f112fff23ff212f8f057f018f01\
                3fff152fef025f112fff232f185f04ef112f9f146f119f112f1f0f6f02ef013f1cdf0fdf02df013f15df0fdf02df013f15df0f1f\
                5f165d112d1f1e142fef023b7f112f6f023e7f122f1e4f01343f2f013f3f2f013f3f2f013f3f2f011f0f2220203f42203f1f6220\
                3f1f1ff5602220f361225f20f501223d2020205d2020f501225d2020205d2020205d2020205d2020205d2020205d2020205d2020\
                205d1e1c1a20036f2322280328032820032120212021202120411f4020611f40202081011f4221219864982020612020209fa101\
                2021422121986420412121642121212021442222672144222267214422226721202422201d20201d1e201f221f1f421f1f421f1f\
                421f22007687566778a9866589689801690000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "a shuffled grid of 4 bytes",
            mode: .triangles,
            filter: .none,
            count: 90,
            byteStride: 4,
            digest: 0xe919_aa2d_0c51_6ec5,
            encoded: """
                e1ffffffffffffffffffffffff1fffffffffffffffffffffffffffffffffffffa8020220ff1d0220ff87020220ff0422011f2120\
                ff98010220ffc9012201ff220220ff4d2201ff88010220ffcf010220ff8101220122ff462201ffc7010220ffdc010220fff30122\
                01ff042201ff3c0220ff062201ff91010220ff9c010220f23f22ffa1020220ffaa012201ff5f2201ff2d2201ff1b0220ff180220\
                ff422201007687566778a9866589689801690000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "a strip of 4 bytes",
            mode: .indices,
            filter: .none,
            count: 120,
            byteStride: 4,
            digest: 0xe32c_cb64_600b_0979,
            encoded: """
                d100443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e\
                443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e443e\
                443e443e443e443e443e443e443e443e4400000000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "scattered indices of 4 bytes",
            mode: .indices,
            filter: .none,
            count: 40,
            byteStride: 4,
            digest: 0x0b37_06da_5ade_9d40,
            encoded: """
                d189029807990339686b3de206129103b80243f00167ba0443880183031aa50196011a2b0f6bfc05ab02d202d1052f9602eb0298\
                037fcc01b7015fd603ed054b00000000
                """,
            decoded: ""
        ),
        MeshoptFixture(
            name: "octahedral normals of 8 bits",
            mode: .attributes,
            filter: .octahedral,
            count: 10,
            byteStride: 4,
            digest: 0xba39_b44d_8170_5c5c,
            encoded: """
                a0013ffff000e1ae0a841daff7939a013ffff0005d70bb1fe32604c4ea00013ffff000a3c9b284d43bb8ce0d0000000000000000\
                000000000000000000000000000000000000000078247f82
                """,
            decoded: """
                7909da8208f37e30752fefcb74d6e1249ac5d066af22a5d03269ceb2d169cb0e63f6b175a557116e
                """
        ),
        MeshoptFixture(
            name: "octahedral normals of 6 bits",
            mode: .attributes,
            filter: .octahedral,
            count: 10,
            byteStride: 4,
            digest: 0x4eaf_edb5_afd5_4021,
            encoded: """
                a0013ffff0000a0c090b311e386f56013ffff000440305233f040d221700013ffff0003821331a170c1a39200000000000000000\
                00000000000000000000000000000000000000000cfb1fff
                """,
            decoded: """
                50df5dff0c56a41b18308d0a305ab4f0522958fde190cef10a841af700fc810493e0c6e721a3b0f7
                """
        ),
        MeshoptFixture(
            name: "octahedral normals of 12 bits",
            mode: .attributes,
            filter: .octahedral,
            count: 10,
            byteStride: 8,
            digest: 0x5272_e814_8d0c_4488,
            encoded: """
                a0013ffff0006fde4193b6d2c1fa46013f7ff00011120b1a03190e0b013ffff000a1a8bfbc310d8a62d3013fde300005180b0613\
                030000013ffff0008fd16b6afbba7169ba013ff3f00010171a0d0f14030c00000000000000000000000000000000000000000000\
                0000470150feff07e3fe
                """,
            decoded: """
                f41d6ed8fc75e3fe02a5c1fefda59b060d0d547e11f032fa638ec32f8e22fc07849d6937e3c331004f6f320d34c2b3f8e11c91cb\
                dd8e10f878c8acf5248dd702e8fedf8ced37a20092fb8cebba81ff06
                """
        ),
        MeshoptFixture(
            name: "octahedral normals of 16 bits",
            mode: .attributes,
            filter: .octahedral,
            count: 10,
            byteStride: 8,
            digest: 0x47ec_3fe5_7fb2_7a73,
            encoded: """
                a0013ffff000b76d6b8778433ab8d1013f7ff000879bc039707089b5013ffff0001f8b6973b553480986013ffff000aa67ffcbae\
                865c7d910000013ffff000c507cb857937650be3013ffff00009a8d059eb8b1015d2000000000000000000000000000000000000\
                000000000000e4e18c11ff7f3489
                """,
            decoded: """
                fed3a6196d75348988d8ae2d228fd1847c6ce443ddfdcdd808abf5af80cb674045a94f4f4ccd2413c0ca56e6798ee79dfaa522d5\
                4250cb573f011118b57d985f52965bbdd11b9254d2114bd4068920bd
                """
        ),
        MeshoptFixture(
            name: "quaternions of 12 bits",
            mode: .attributes,
            filter: .quaternion,
            count: 10,
            byteStride: 8,
            digest: 0xa8bb_638e_68dd_2900,
            encoded: """
                a0013fcff000f4885e5b5b2acec0020ff2333f67000000180f14013ffff00082a7e7fed5ff2aa1420123f7f00007031011140a01\
                3ffff0008d3595dce67cf17dd4020ff5967c6f00000013160f0111d3300006030400000000000000000000000000000000000000\
                0000000000003af98aff7b05fe07
                """,
            decoded: """
                c8fa083e6c5155b3b4c9da5f8e40fa0805452e6902e94305c96d16ebdbd2112bbcddd6c104ec9e68a8170e138e6e19c7ff1186e8\
                185e6dae2a538b200ead1627aa54bc3ba91a4246b75464f0ce5cb412
                """
        ),
        MeshoptFixture(
            name: "quaternions of 16 bits",
            mode: .attributes,
            filter: .quaternion,
            count: 10,
            byteStride: 8,
            digest: 0xa327_869c_b664_7b4b,
            encoded: """
                a0013ffff0006eedf47922eca6f5f1013ffff0004caf8297f220b820c2013ffff000527397779969cf10da013ffff000406e41d3\
                24d57d8652013ffcf00078707c582ecfcd45013ffff000ff073d658cfaf90bef011ec78000030403000000000000000000000000\
                0000000000000000000000000047ead4f1f3bbff7f
                """,
            decoded: """
                a4f0fbf5e1cf2e75b80cd929b977a90b09621ccd73332d276d119c7b68fbe81b7fc5c9d07ceded651b1b02de0c1f5174394721c2\
                574dbf264b5d4db2631ac21e3b1ac34cfbbdc949fdc54b533d020fb2
                """
        ),
        MeshoptFixture(
            name: "floats of shared exponents",
            mode: .attributes,
            filter: .exponential,
            count: 12,
            byteStride: 12,
            digest: 0x8080_9eed_3d81_36b8,
            encoded: """
                a0013fffff00bd0d0c12c17b10de27a395013fffff008c61bc28efcf8bc4861f1e013fffff000da3b41b0dd196337b9bb9013fff\
                ff00edeadee5c4e5626b401d1e013fffff0077914b5ab72e7d0678782a013fffff0028325a26b3660923d9e950013fffff00c71d\
                521ff4a11cf68ed207013fffff00a0c5fcdbf209ce478a8bb2013fffff00b2b71f9aa44b8feb7e11cc013cffff0062a0daa93cd7\
                aa840670013fffff0076ae1592df554f8b3317dd013fffff00cdfdb42c0e89146b0f4d1a00000000000000000000000000000000\
                000000009551b1d33f0eb95715b607ae
                """,
            decoded: """
                d65c1db482e30df6a0c2f61f94d1aaf806442a1edcce056e5ecc303374778c6cdc91cdae96779aea28d1de2bfc91e3db844f36b1\
                82f7be74c46e21e6463e45e26c7a9bb0429f4e6a7ce253280857efaeecb571474e657f41866153e29809a04b2c284a2600ea094f\
                0ca546b1085c9d35f8a0b17208ce96ad40e11aae20917acf1ac82e9acaac783666f804fc644d6720
                """
        ),
    ]
}
