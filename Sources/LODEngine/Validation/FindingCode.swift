/// The codes of the Khronos glTF validator that this one can report, and `NOT_CHECKED`.
package enum FindingCode: String, CaseIterable, Sendable {
    // Each case says by its name what its code says; the guide "Validation" explains them.
    case ioError = "IO_ERROR"

    case glbInvalidVersion = "GLB_INVALID_VERSION"
    case glbLengthTooSmall = "GLB_LENGTH_TOO_SMALL"
    case glbLengthMismatch = "GLB_LENGTH_MISMATCH"
    case glbChunkLengthUnaligned = "GLB_CHUNK_LENGTH_UNALIGNED"
    case glbChunkTooBig = "GLB_CHUNK_TOO_BIG"
    case glbEmptyChunk = "GLB_EMPTY_CHUNK"
    case glbDuplicateChunk = "GLB_DUPLICATE_CHUNK"
    case glbUnexpectedFirstChunk = "GLB_UNEXPECTED_FIRST_CHUNK"
    case glbUnexpectedBinChunk = "GLB_UNEXPECTED_BIN_CHUNK"
    case glbUnexpectedEndOfHeader = "GLB_UNEXPECTED_END_OF_HEADER"
    case glbUnexpectedEndOfChunkHeader = "GLB_UNEXPECTED_END_OF_CHUNK_HEADER"
    case glbUnexpectedEndOfChunkData = "GLB_UNEXPECTED_END_OF_CHUNK_DATA"
    case glbUnknownChunkType = "GLB_UNKNOWN_CHUNK_TYPE"

    case invalidJSON = "INVALID_JSON"
    case typeMismatch = "TYPE_MISMATCH"
    case arrayTypeMismatch = "ARRAY_TYPE_MISMATCH"
    case arrayLengthNotInList = "ARRAY_LENGTH_NOT_IN_LIST"
    case duplicateElements = "DUPLICATE_ELEMENTS"
    case emptyEntity = "EMPTY_ENTITY"
    case invalidIndex = "INVALID_INDEX"
    case invalidURI = "INVALID_URI"
    case oneOfMismatch = "ONE_OF_MISMATCH"
    case patternMismatch = "PATTERN_MISMATCH"
    case undefinedProperty = "UNDEFINED_PROPERTY"
    case unexpectedProperty = "UNEXPECTED_PROPERTY"
    case unsatisfiedDependency = "UNSATISFIED_DEPENDENCY"
    case valueMultipleOf = "VALUE_MULTIPLE_OF"
    case valueNotInList = "VALUE_NOT_IN_LIST"
    case valueNotInRange = "VALUE_NOT_IN_RANGE"

    case unknownAssetMajorVersion = "UNKNOWN_ASSET_MAJOR_VERSION"
    case unknownAssetMinorVersion = "UNKNOWN_ASSET_MINOR_VERSION"
    case assetMinVersionGreaterThanVersion = "ASSET_MIN_VERSION_GREATER_THAN_VERSION"
    case unusedExtensionRequired = "UNUSED_EXTENSION_REQUIRED"
    case nonRequiredExtension = "NON_REQUIRED_EXTENSION"
    case undeclaredExtension = "UNDECLARED_EXTENSION"
    case unexpectedExtensionObject = "UNEXPECTED_EXTENSION_OBJECT"
    case unsupportedExtension = "UNSUPPORTED_EXTENSION"
    case unresolvedReference = "UNRESOLVED_REFERENCE"
    case unusedObject = "UNUSED_OBJECT"

    case bufferByteLengthMismatch = "BUFFER_BYTE_LENGTH_MISMATCH"
    case bufferDataURIMimeTypeInvalid = "BUFFER_DATA_URI_MIME_TYPE_INVALID"
    case bufferGLBChunkTooBig = "BUFFER_GLB_CHUNK_TOO_BIG"
    case bufferMissingGLBData = "BUFFER_MISSING_GLB_DATA"
    case dataURIGLB = "DATA_URI_GLB"
    case nonRelativeURI = "NON_RELATIVE_URI"
    case bufferViewInvalidByteStride = "BUFFER_VIEW_INVALID_BYTE_STRIDE"
    case bufferViewTooBigByteStride = "BUFFER_VIEW_TOO_BIG_BYTE_STRIDE"
    case bufferViewTooLong = "BUFFER_VIEW_TOO_LONG"
    case bufferViewTargetOverride = "BUFFER_VIEW_TARGET_OVERRIDE"
    case bufferViewTargetMissing = "BUFFER_VIEW_TARGET_MISSING"

    case accessorMatrixAlignment = "ACCESSOR_MATRIX_ALIGNMENT"
    case accessorNormalizedInvalid = "ACCESSOR_NORMALIZED_INVALID"
    case accessorOffsetAlignment = "ACCESSOR_OFFSET_ALIGNMENT"
    case accessorTotalOffsetAlignment = "ACCESSOR_TOTAL_OFFSET_ALIGNMENT"
    case accessorSmallByteStride = "ACCESSOR_SMALL_BYTESTRIDE"
    case accessorTooLong = "ACCESSOR_TOO_LONG"
    case accessorSparseCountOutOfRange = "ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE"
    case accessorUsageOverride = "ACCESSOR_USAGE_OVERRIDE"
    case accessorInvalidFloat = "ACCESSOR_INVALID_FLOAT"
    case accessorMinMismatch = "ACCESSOR_MIN_MISMATCH"
    case accessorMaxMismatch = "ACCESSOR_MAX_MISMATCH"
    case accessorElementOutOfMinBound = "ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND"
    case accessorElementOutOfMaxBound = "ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND"
    case accessorIndexOOB = "ACCESSOR_INDEX_OOB"
    case accessorIndexPrimitiveRestart = "ACCESSOR_INDEX_PRIMITIVE_RESTART"
    case accessorIndexTriangleDegenerate = "ACCESSOR_INDEX_TRIANGLE_DEGENERATE"
    case accessorInvalidIBM = "ACCESSOR_INVALID_IBM"
    case accessorInvalidSign = "ACCESSOR_INVALID_SIGN"
    case accessorVector3NonUnit = "ACCESSOR_VECTOR3_NON_UNIT"
    case accessorNonClamped = "ACCESSOR_NON_CLAMPED"
    case accessorJointsIndexOOB = "ACCESSOR_JOINTS_INDEX_OOB"
    case accessorJointsIndexDuplicate = "ACCESSOR_JOINTS_INDEX_DUPLICATE"
    case accessorWeightsNegative = "ACCESSOR_WEIGHTS_NEGATIVE"
    case accessorWeightsNonNormalized = "ACCESSOR_WEIGHTS_NON_NORMALIZED"
    case accessorSparseIndexOOB = "ACCESSOR_SPARSE_INDEX_OOB"
    case accessorSparseIndicesNonIncreasing = "ACCESSOR_SPARSE_INDICES_NON_INCREASING"
    case accessorAnimationInputNegative = "ACCESSOR_ANIMATION_INPUT_NEGATIVE"
    case accessorAnimationInputNonIncreasing = "ACCESSOR_ANIMATION_INPUT_NON_INCREASING"
    case accessorAnimationNonNormalizedQuaternion =
        "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION"

    case meshInvalidWeightsCount = "MESH_INVALID_WEIGHTS_COUNT"
    case meshUnequalTargetsCount = "MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT"
    case primitiveSemanticContinuity = "MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY"
    case primitiveInvalidAttribute = "MESH_PRIMITIVE_INVALID_ATTRIBUTE"
    case primitiveJointsWeightsMismatch = "MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH"
    case primitiveNoPosition = "MESH_PRIMITIVE_NO_POSITION"
    case primitiveTangentWithoutNormal = "MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL"
    case primitiveAccessorUnaligned = "MESH_PRIMITIVE_ACCESSOR_UNALIGNED"
    case primitiveAccessorWithoutByteStride = "MESH_PRIMITIVE_ACCESSOR_WITHOUT_BYTESTRIDE"
    case primitiveAttributeFormat = "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT"
    case primitiveAttributeUnsignedInt = "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT"
    case primitiveIncompatibleMode = "MESH_PRIMITIVE_INCOMPATIBLE_MODE"
    case primitiveIndicesFormat = "MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT"
    case primitiveIndicesWithByteStride = "MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE"
    case primitiveMorphTargetCount = "MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT"
    case primitiveMorphTargetNoBase = "MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR"
    case primitivePositionWithoutBounds = "MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS"
    case primitiveTooFewTexcoords = "MESH_PRIMITIVE_TOO_FEW_TEXCOORDS"
    case primitiveUnequalAccessorCount = "MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT"

    case nodeEmpty = "NODE_EMPTY"
    case nodeLoop = "NODE_LOOP"
    case nodeMatrixDefault = "NODE_MATRIX_DEFAULT"
    case nodeMatrixNonTRS = "NODE_MATRIX_NON_TRS"
    case nodeMatrixTRS = "NODE_MATRIX_TRS"
    case nodeParentOverride = "NODE_PARENT_OVERRIDE"
    case nodeSkinWithNonSkinnedMesh = "NODE_SKIN_WITH_NON_SKINNED_MESH"
    case nodeSkinnedMeshWithoutSkin = "NODE_SKINNED_MESH_WITHOUT_SKIN"
    case nodeWeightsInvalid = "NODE_WEIGHTS_INVALID"
    case rotationNonUnit = "ROTATION_NON_UNIT"
    case sceneNonRootNode = "SCENE_NON_ROOT_NODE"

    case animationChannelTargetNodeMatrix = "ANIMATION_CHANNEL_TARGET_NODE_MATRIX"
    case animationTargetNoMorphs = "ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS"
    case animationDuplicateTargets = "ANIMATION_DUPLICATE_TARGETS"
    case animationAccessorWithByteStride = "ANIMATION_SAMPLER_ACCESSOR_WITH_BYTESTRIDE"
    case animationInputFormat = "ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT"
    case animationInputTooFew = "ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS"
    case animationInputWithoutBounds = "ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS"
    case animationOutputCount = "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT"
    case animationOutputFormat = "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT"

    case skinIBMCount = "INVALID_IBM_ACCESSOR_COUNT"
    case skinIBMFormat = "SKIN_IBM_INVALID_FORMAT"
    case skinIBMWithByteStride = "SKIN_IBM_ACCESSOR_WITH_BYTESTRIDE"
    case skinNoCommonRoot = "SKIN_NO_COMMON_ROOT"
    case skinSkeletonInvalid = "SKIN_SKELETON_INVALID"

    case imageBufferViewWithByteStride = "IMAGE_BUFFER_VIEW_WITH_BYTESTRIDE"
    case imageDataInvalid = "IMAGE_DATA_INVALID"
    case imageMimeTypeInvalid = "IMAGE_MIME_TYPE_INVALID"
    case imageNonEnabledMimeType = "IMAGE_NON_ENABLED_MIME_TYPE"
    case imageUnexpectedEOS = "IMAGE_UNEXPECTED_EOS"
    case imageUnrecognizedFormat = "IMAGE_UNRECOGNIZED_FORMAT"

    case cameraYfovGequalPi = "CAMERA_YFOV_GEQUAL_PI"
    case cameraMagZero = "CAMERA_XMAG_YMAG_ZERO"
    case cameraMagNegative = "CAMERA_XMAG_YMAG_NEGATIVE"
    case cameraZfarLequalZnear = "CAMERA_ZFAR_LEQUAL_ZNEAR"
    case materialAlphaCutoffInvalidMode = "MATERIAL_ALPHA_CUTOFF_INVALID_MODE"
    case lightSpotAngles = "KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES"
    case variantNonUnique = "KHR_MATERIALS_VARIANTS_NON_UNIQUE_VARIANT"
    case animationPointerTargetNode = "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_NODE"
    case animationPointerTargetPath = "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_PATH"

    /// An OBJ, PLY or STL file that contradicts its format; not one of the Khronos validator's codes.
    case formatInvalid = "FORMAT_INVALID"

    /// Something that this validator does not look into; not one of the Khronos validator's codes.
    case notChecked = "NOT_CHECKED"

    /// How much it matters, as the Khronos validator has it.
    package var severity: Finding.Severity {
        switch self {
        case .glbUnknownChunkType, .unexpectedProperty, .valueNotInList, .unknownAssetMinorVersion,
            .bufferGLBChunkTooBig, .dataURIGLB, .nonRelativeURI, .primitiveNoPosition, .primitiveTangentWithoutNormal,
            .primitiveIncompatibleMode, .nodeSkinnedMeshWithoutSkin, .imageUnrecognizedFormat, .cameraYfovGequalPi,
            .cameraMagNegative, .materialAlphaCutoffInvalidMode:
            .warning
        case .unsupportedExtension, .unusedObject, .accessorIndexTriangleDegenerate, .nodeEmpty, .nodeMatrixDefault,
            .notChecked:
            .information
        case .bufferViewTargetMissing: .hint
        default: .error
        }
    }
}
