// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IDID} from "../interfaces/IDID.sol";

/// @title Stand-in for peaq's DID precompile 0x800 on a development network.
/// @notice Attributes (name and value bytes) by account. Who may write: the account itself; with the switch for chain
///         parity, anybody may add and becomes a writer of that DID, as the chain's own source has it.
/// @dev Source: the chain's own source (semantics, texts, selectors). Its code is set directly at 0x800: no
///      constructor; the switch is storage slot 0, which only the node's administrator can write. Dispatch is by hand
///      because the precompile refuses value with a text and answers to two spellings of each name. Unlike on the
///      chain, nothing is reserved from the writer's balance.
contract DIDPrecompile {
    struct Entry {
        uint64 created;
        uint32 validity;
        bool exists;
        bytes value;
    }

    address private constant SELF = 0x0000000000000000000000000000000000000800;
    uint256 private constant MAX_NAME = 64;
    uint256 private constant MAX_VALUE = 2560;
    uint256 private constant PALLET_INDEX = 100;

    /// @dev Slot 0: non-zero lets anybody add to any DID.
    bool private _anybodyMayAdd;
    mapping(address did => mapping(bytes32 nameHash => Entry)) private _entries;
    mapping(address did => mapping(address account => bool)) private _writers;

    /// @dev Transient: written to find out whether the call is static.
    uint256 private transient _probe;

    /// @notice `readAttribute`, `addAttribute`, `updateAttribute`, `removeAttribute` in both spellings; parameters as
    ///         in IDID.
    fallback(bytes calldata input) external payable returns (bytes memory) {
        if (msg.sender == address(this)) {
            _probe = 1;
            return "";
        }
        require(address(this) == SELF, "DID stand-in: DELEGATECALL is not supported here");
        require(msg.value == 0, "Function is not payable");
        bytes4 selector = msg.sig;
        // camelCase, then snake_case
        if (selector == IDID.readAttribute.selector || selector == 0x528bcb4c) return _read(input[4:]);
        if (selector == IDID.addAttribute.selector || selector == 0xf862da44) return _add(input[4:]);
        if (selector == IDID.updateAttribute.selector || selector == 0x61288215) return _update(input[4:]);
        if (selector == IDID.removeAttribute.selector || selector == 0xb2f2f20d) return _remove(input[4:]);
        revert("Unknown selector");
    }

    function _read(bytes calldata input) private view returns (bytes memory) {
        (address did, bytes memory name) = abi.decode(input, (address, bytes));
        Entry storage entry = _entries[did][keccak256(name)];
        require(entry.exists, "Cannot find the item");
        return abi.encode(IDID.Attribute(name, entry.value, entry.validity, entry.created));
    }

    function _add(bytes calldata input) private returns (bytes memory) {
        (address did, bytes memory name, bytes memory value, uint32 validityFor) =
            abi.decode(input, (address, bytes, bytes, uint32));
        _requireWritable();
        _requireSizes(name, value);
        if (did != msg.sender && !_anybodyMayAdd) _fail(5, "AttributeAuthorizationFailed");
        Entry storage entry = _entries[did][keccak256(name)];
        if (entry.exists) _fail(1, "AttributeAlreadyExist");
        _writers[did][msg.sender] = true;
        entry.exists = true;
        entry.created = uint64(block.timestamp * 1000);
        entry.validity = _validUntil(validityFor);
        entry.value = value;
        emit IDID.AddAttribute(msg.sender, did, name, value, validityFor);
        return abi.encode(true);
    }

    function _update(bytes calldata input) private returns (bytes memory) {
        (address did, bytes memory name, bytes memory value, uint32 validityFor) =
            abi.decode(input, (address, bytes, bytes, uint32));
        _requireWritable();
        _requireSizes(name, value);
        Entry storage entry = _writable(did, name);
        entry.validity = _validUntil(validityFor);
        entry.value = value;
        emit IDID.UpdateAttribute(msg.sender, did, name, value, validityFor);
        return abi.encode(true);
    }

    function _remove(bytes calldata input) private returns (bytes memory) {
        (address did, bytes memory name) = abi.decode(input, (address, bytes));
        _requireWritable();
        _requireSizes(name, "");
        _writable(did, name);
        delete _entries[did][keccak256(name)];
        emit IDID.RemoveAttribute(did, name);
        return abi.encode(true);
    }

    /// @dev An existing entry that the caller may write. Being a writer is checked before existence, as on the chain.
    function _writable(address did, bytes memory name) private view returns (Entry storage entry) {
        if (!_writers[did][msg.sender]) _fail(5, "AttributeAuthorizationFailed");
        entry = _entries[did][keccak256(name)];
        if (!entry.exists) _fail(4, "AttributeNotFound");
    }

    /// @dev Absolute block number; no expiry is the largest one. Expiry is never enforced, as on the chain.
    function _validUntil(uint32 validityFor) private view returns (uint32) {
        if (validityFor == 0) return type(uint32).max;
        uint256 until = block.number + validityFor;
        if (until > type(uint32).max) _fail(6, "MaxBlockNumberExceeded");
        return uint32(until);
    }

    function _requireSizes(bytes memory name, bytes memory value) private pure {
        require(name.length <= MAX_NAME, "Name too long");
        require(value.length <= MAX_VALUE, "Value too long");
    }

    /// @dev A static call cannot even write transient storage; tried in a call of its own, so that the refusal has a
    ///      text instead of eating the gas.
    function _requireWritable() private {
        (bool success,) = address(this).call{gas: 5000}("");
        require(success, "Can't call non-static function in static context");
    }

    /// @dev The text the chain gives for a failed dispatch.
    function _fail(uint8 number, string memory name) private pure {
        revert(
            string.concat(
                "Dispatched call failed with error: Module(ModuleError { index: ",
                Strings.toString(PALLET_INDEX),
                ", error: [",
                Strings.toString(number),
                ', 0, 0, 0], message: Some("',
                name,
                '") })'
            )
        );
    }
}
