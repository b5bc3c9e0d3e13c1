// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice One event of a machine. Source: published ABI (`currency` is last here, fourth in `submitEvent`).
/// @param machineId the machine
/// @param eventType 0 revenue, 1 activity
/// @param value revenue in minor units of the currency, or an activity's own measure
/// @param timestamp Unix seconds at which it happened, as the submitter says
/// @param dataHash keccak-256 of the raw data, or zero
/// @param trustLevel claimed: 0 self-reported, 1 on-chain, 2 hardware-signed
/// @param sourceChainId chain of `sourceTxHash`, 0 = this registry's own
/// @param sourceTxHash transaction that proves it, or zero
/// @param metadata free bytes
/// @param currency three to ten of A-Z and 0-9 for revenue, empty for activity
struct MachineEvent {
    uint256 machineId;
    uint8 eventType;
    uint256 value;
    uint256 timestamp;
    bytes32 dataHash;
    uint8 trustLevel;
    uint256 sourceChainId;
    bytes32 sourceTxHash;
    bytes metadata;
    string currency;
}

/// @title Event records as code: each event is a little contract that holds its bytes and nothing else.
/// @notice Cheaper than storage slots from the first attached byte on, and unchangeable by construction: a record's
///         address follows from (registry, machine, index), and the EVM lets nobody deploy there twice.
/// @dev Source: ours; measured in docs/decisions/event-storage.md. Record layout:
///      0x00 (STOP) | flags | lengths of value, timestamp, source chain, currency (1 byte each) | those four, integers
///      big-endian without leading zeros | data hash and source hash when not zero | metadata to the end.
library EventRecords {
    uint8 private constant HAS_DATA_HASH = 1 << 3;
    uint8 private constant HAS_SOURCE_TX = 1 << 4;

    /// @dev Bytes before the variable fields.
    uint256 private constant HEADER = 6;

    /// @dev Asks its creator for `pendingRecord()` (selector 0xe37e4d26) and becomes what it gets. The same code for
    ///      every record, so that the address depends on the salt alone.
    bytes private constant INIT_CODE = hex"63e37e4d265f525f5f6004601c335afa6016575f5ffd5b3d5f5f3e3d5ff3";
    bytes32 private constant INIT_CODE_HASH = keccak256(INIT_CODE);

    /// @dev Transient slot of the pending record's length; its words follow.
    ///      keccak256("peaqos.transient.EventRecords.pending")
    bytes32 private constant PENDING = 0x6fcd9cf63d47e3781c0c691a56bc1240405b114b28252898df63d0932718f6df;

    error FailedDeployment();

    /// @notice Stores the record of a machine's event number `index`. The calling contract must answer
    ///         `pendingRecord()` with `returnPending()`.
    function write(MachineEvent memory event_, uint256 index) internal {
        _setPending(encode(event_));
        bytes memory initCode = INIT_CODE;
        bytes32 salt = _salt(event_.machineId, index);
        address record;
        assembly {
            record := create2(0, add(initCode, 32), mload(initCode), salt)
        }
        if (record == address(0)) revert FailedDeployment();
        assembly {
            tstore(PENDING, 0)
        }
    }

    /// @notice Reads the record of a machine's event number `index`, which must exist.
    function read(uint256 machineId, uint256 index) internal view returns (MachineEvent memory event_) {
        event_ = decode(addressOf(address(this), machineId, index).code);
        event_.machineId = machineId;
    }

    /// @notice Where a registry keeps the record of a machine's event number `index`.
    function addressOf(address registry, uint256 machineId, uint256 index) internal pure returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", registry, _salt(machineId, index), INIT_CODE_HASH));
        return address(uint160(uint256(hash)));
    }

    /// @notice Ends the call with the raw bytes of the record being written, or reverts when there is none.
    function returnPending() internal view {
        assembly {
            let length := tload(PENDING)
            if iszero(length) { revert(0, 0) }
            for { let i := 0 } lt(i, length) { i := add(i, 32) } {
                mstore(i, tload(add(PENDING, add(shr(5, i), 1))))
            }
            return(0, length)
        }
    }

    /// @notice A record's bytes. The machine id is not in them: it is in the address.
    function encode(MachineEvent memory event_) internal pure returns (bytes memory) {
        bytes memory value = _minimal(event_.value);
        bytes memory timestamp = _minimal(event_.timestamp);
        bytes memory chainId = _minimal(event_.sourceChainId);
        uint8 flags = event_.eventType | (event_.trustLevel << 1);
        if (event_.dataHash != 0) flags |= HAS_DATA_HASH;
        if (event_.sourceTxHash != 0) flags |= HAS_SOURCE_TX;
        bytes memory header = abi.encodePacked(
            uint8(0),
            flags,
            uint8(value.length),
            uint8(timestamp.length),
            uint8(chainId.length),
            uint8(bytes(event_.currency).length)
        );
        return abi.encodePacked(
            abi.encodePacked(header, value, timestamp, chainId, event_.currency),
            event_.dataHash == 0 ? bytes("") : bytes.concat(event_.dataHash),
            event_.sourceTxHash == 0 ? bytes("") : bytes.concat(event_.sourceTxHash),
            event_.metadata
        );
    }

    /// @notice The event in a record's bytes, without its machine id.
    function decode(bytes memory record) internal pure returns (MachineEvent memory event_) {
        uint8 flags = uint8(record[1]);
        event_.eventType = flags & 1;
        event_.trustLevel = (flags >> 1) & 3;
        uint256 pos = HEADER;
        (event_.value, pos) = _integer(record, pos, uint8(record[2]));
        (event_.timestamp, pos) = _integer(record, pos, uint8(record[3]));
        (event_.sourceChainId, pos) = _integer(record, pos, uint8(record[4]));
        uint256 end = pos + uint8(record[5]);
        event_.currency = string(_slice(record, pos, end));
        pos = end;
        uint256 word;
        if (flags & HAS_DATA_HASH != 0) {
            (word, pos) = _integer(record, pos, 32);
            event_.dataHash = bytes32(word);
        }
        if (flags & HAS_SOURCE_TX != 0) {
            (word, pos) = _integer(record, pos, 32);
            event_.sourceTxHash = bytes32(word);
        }
        event_.metadata = _slice(record, pos, record.length);
    }

    function _salt(uint256 machineId, uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(machineId, index));
    }

    function _setPending(bytes memory record) private {
        assembly {
            let length := mload(record)
            tstore(PENDING, length)
            for { let i := 0 } lt(i, length) { i := add(i, 32) } {
                tstore(add(PENDING, add(shr(5, i), 1)), mload(add(add(record, 32), i)))
            }
        }
    }

    /// @dev Big-endian without leading zeros; empty for 0.
    function _minimal(uint256 value) private pure returns (bytes memory out) {
        uint256 length = value == 0 ? 0 : Math.log256(value) + 1;
        out = new bytes(length);
        if (length != 0) {
            assembly {
                mstore(add(out, 32), shl(sub(256, shl(3, length)), value))
            }
        }
    }

    function _integer(bytes memory record, uint256 pos, uint256 length)
        private
        pure
        returns (uint256 value, uint256 end)
    {
        if (length != 0) {
            assembly {
                value := shr(sub(256, shl(3, length)), mload(add(add(record, 32), pos)))
            }
        }
        end = pos + length;
    }

    function _slice(bytes memory record, uint256 from, uint256 to) private pure returns (bytes memory out) {
        out = new bytes(to - from);
        assembly {
            mcopy(add(out, 32), add(add(record, 32), from), sub(to, from))
        }
    }
}
