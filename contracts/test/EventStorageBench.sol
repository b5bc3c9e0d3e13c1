// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EventRecords, MachineEvent} from "../src/EventRecords.sol";

/// @title What contracts/scripts/bench-events.ts compares: the same events kept in packed slots and as code.
/// @dev Not deployed anywhere; the figures are in docs/decisions/event-storage.md.
abstract contract StorageBench {
    uint256 private _total;
    mapping(uint256 machineId => uint256) internal _counts;

    /// @notice Appends events without any check.
    function append(MachineEvent[] memory events) external {
        for (uint256 i = 0; i < events.length; ++i) {
            ++_total;
            _write(events[i], _counts[events[i].machineId]++);
        }
    }

    /// @notice Reads a page, for the gas of reading.
    function page(uint256 machineId, uint256 limit) external view returns (MachineEvent[] memory events) {
        events = new MachineEvent[](limit);
        for (uint256 i = 0; i < limit; ++i) {
            events[i] = _read(machineId, i);
        }
    }

    function _write(MachineEvent memory event_, uint256 index) internal virtual;
    function _read(uint256 machineId, uint256 index) internal view virtual returns (MachineEvent memory);
}

/// @title One record as code.
contract CodeBench is StorageBench {
    function pendingRecord() external view {
        EventRecords.returnPending();
    }

    function _write(MachineEvent memory event_, uint256 index) internal override {
        EventRecords.write(event_, index);
    }

    function _read(uint256 machineId, uint256 index) internal view override returns (MachineEvent memory) {
        return EventRecords.read(machineId, index);
    }
}

/// @title One record in as few slots as it needs: a header with everything small, then what is set and large.
contract SlotsBench is StorageBench {
    // header, from the low end: flags 8 | value 64 | source chain 24 | currency 80 | timestamp 64 | trust 8 | type 8
    uint256 private constant BIG_VALUE = 1;
    uint256 private constant BIG_CHAIN = 2;
    uint256 private constant DATA_HASH = 4;
    uint256 private constant SOURCE_TX = 8;
    uint256 private constant METADATA = 16;

    function _write(MachineEvent memory event_, uint256 index) internal override {
        uint256 base = _base(event_.machineId, index);
        uint256 slot = base + 1;
        uint256 flags;
        uint256 header = uint256(event_.eventType) << 248 | uint256(event_.trustLevel) << 240 | event_.timestamp << 176;
        header |= uint256(uint80(bytes10(bytes(event_.currency)))) << 96;
        if (event_.value >> 64 == 0) header |= event_.value << 8;
        else (flags, slot) = _add(slot, event_.value, flags | BIG_VALUE);
        if (event_.sourceChainId >> 24 == 0) header |= event_.sourceChainId << 72;
        else (flags, slot) = _add(slot, event_.sourceChainId, flags | BIG_CHAIN);
        if (event_.dataHash != 0) (flags, slot) = _add(slot, uint256(event_.dataHash), flags | DATA_HASH);
        if (event_.sourceTxHash != 0) (flags, slot) = _add(slot, uint256(event_.sourceTxHash), flags | SOURCE_TX);
        bytes memory metadata = event_.metadata;
        if (metadata.length != 0) {
            (flags, slot) = _add(slot, metadata.length, flags | METADATA);
            for (uint256 i = 0; i < metadata.length; i += 32) {
                uint256 word;
                assembly {
                    word := mload(add(add(metadata, 32), i))
                }
                (, slot) = _add(slot, word, 0);
            }
        }
        header |= flags;
        assembly {
            sstore(base, header)
        }
    }

    function _read(uint256 machineId, uint256 index) internal view override returns (MachineEvent memory event_) {
        uint256 slot = _base(machineId, index);
        uint256 header = _load(slot++);
        event_.machineId = machineId;
        event_.eventType = uint8(header >> 248);
        event_.trustLevel = uint8(header >> 240);
        event_.timestamp = uint64(header >> 176);
        event_.currency = string(abi.encodePacked(bytes10(uint80(header >> 96))));
        event_.value = header & BIG_VALUE == 0 ? uint64(header >> 8) : _load(slot++);
        event_.sourceChainId = header & BIG_CHAIN == 0 ? uint24(header >> 72) : _load(slot++);
        if (header & DATA_HASH != 0) event_.dataHash = bytes32(_load(slot++));
        if (header & SOURCE_TX != 0) event_.sourceTxHash = bytes32(_load(slot++));
        if (header & METADATA != 0) {
            bytes memory metadata = new bytes(_load(slot++));
            for (uint256 i = 0; i < metadata.length; i += 32) {
                uint256 word = _load(slot++);
                assembly {
                    mstore(add(add(metadata, 32), i), word)
                }
            }
            event_.metadata = metadata;
        }
    }

    function _base(uint256 machineId, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("record", machineId, index)));
    }

    function _add(uint256 slot, uint256 word, uint256 flags) private returns (uint256, uint256) {
        assembly {
            sstore(slot, word)
        }
        return (flags, slot + 1);
    }

    function _load(uint256 slot) private view returns (uint256 word) {
        assembly {
            word := sload(slot)
        }
    }
}
